"""The service as its users see it: one request to its public address."""

import json
import urllib.error
import urllib.request
from typing import Any

from cli.stack import Stack
from infra.errors import UserError

ANSWER_SECONDS = 10
# As the release was proved: by the users' way in, not by a proxy of this shell.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(url: str, path: str) -> dict[str, Any]:
    """The JSON at `path` below the public address `url`. Raises OSError or ValueError."""
    with DIRECT.open(f"{url}{path}", timeout=ANSWER_SECONDS) as response:
        return json.load(response)


def observed(stack: Stack) -> str:
    """A sentence on whether the service answers now, and with which release."""
    try:
        url = stack.outputs().get("url")
    except UserError:
        return "Whether a release serves is not known: Pulumi does not give the stack's state."
    if not url:
        return "No release serves yet."
    try:
        release = str(ask(url, "/version")["version"]).removeprefix("sha256:")[:12]
    except urllib.error.HTTPError as error:
        return f"Checked just now: {url} answers {error.code}."
    except (OSError, ValueError, KeyError) as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        return f"Checked just now: {url} does not answer ({reason})."
    return f"Checked just now: release {release} serves at {url}."
