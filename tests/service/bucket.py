"""An S3-compatible server on loopback: moto, in a process of its own."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

NAME = "task-files"
START_LIMIT = 60


@dataclass(frozen=True)
class Server:
    """Its address, and the requests that it got."""

    url: str
    log: Path

    def names(self) -> list[str]:
        listing = httpx.get(f"{self.url}/{NAME}", params={"list-type": "2"}).text
        return [piece.partition("</Key>")[0] for piece in listing.split("<Key>")[1:]]

    def empty(self) -> None:
        httpx.post(f"{self.url}/moto-api/reset").raise_for_status()
        httpx.put(f"{self.url}/{NAME}").raise_for_status()

    def requests(self) -> list[str]:
        """The requests for files so far, in order, without the files' names."""
        text = self.log.read_text(errors="replace")
        requests = re.findall(rf"([A-Z]+) /{NAME}(/[^? ]+)?(\?[a-z]+)? HTTP", text)
        return [f"{method} {query}".strip() for method, path, query in requests if path or query]


@contextmanager
def serving(directory: Path) -> Iterator[Server]:
    log, port = directory / "s3.log", _free_port()
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=output,
            stderr=output,
            env={**os.environ, "NO_COLOR": "1"},
        )
    try:
        _make_bucket(url)
        yield Server(url, log)
    finally:
        process.terminate()
        process.wait()


def _make_bucket(url: str) -> None:
    deadline = time.monotonic() + START_LIMIT
    while True:
        try:
            httpx.put(f"{url}/{NAME}").raise_for_status()
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
