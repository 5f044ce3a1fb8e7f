"""GitHub as the pipeline sees it: comments and issues, behind its API."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class GitHub:
    """Comments and issues in memory, behind the API's own paths."""

    def __init__(self) -> None:
        self.kept: dict[str, list[dict[str, Any]]] = {"comments": [], "issues": []}
        self.tokens: set[str] = set()

    def answer(self, method: str, path: str, said: dict[str, Any]) -> tuple[int, Any]:
        where, _, query = path.removeprefix("/repos/owner/tasks/").partition("?")
        kind = "comments" if "comments" in where else "issues"
        kept = self.kept[kind]
        if method == "GET":
            page = int(re.findall(r"[&?]page=(\d+)", f"?{query}")[0])
            shown = [each for each in kept if each.get("state", "open") == "open"]
            return 200, shown[100 * (page - 1) : 100 * page]
        if method == "POST":
            number = len(kept) + 1000
            kept.append({"id": number, "number": number, "html_url": f"{kind}/{number}", **said})
            return 201, kept[-1]
        [found] = [each for each in kept if each["id"] == int(where.rpartition("/")[2])]
        return 200, {**found, **(found.update(said) or {})}


@contextmanager
def serving() -> Iterator[tuple[GitHub, str]]:
    """One without comments and issues, and its address."""
    state = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            state.tokens.add(self.headers["Authorization"])
            status, said = state.answer(self.command, self.path, json.loads(body or "{}"))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        do_GET = do_POST = do_PATCH = _serve

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield state, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
