"""The reason that a client shows when a request is refused."""

import re

import httpx

LONGEST = 200
# The names that programs use for types, exceptions and values of nothing.
FOR_PROGRAMS = re.compile(r"[{}\[\]]|\b(None|null|dict|Traceback|Exception|[A-Za-z]+Error)\b")


def shown(response: httpx.Response) -> str:
    """As the public front end does: `detail` and nothing else, blank when that is no text."""
    detail = response.json().get("detail")
    return detail if isinstance(detail, str) else ""


async def require_reason(response: httpx.Response) -> None:
    """Fails for an error without a readable sentence."""
    if response.status_code < 400 or response.request.method == "HEAD":
        return
    await response.aread()
    if response.headers["content-type"] == "application/json" and "checks" in response.json():
        # Readiness, which is for programs.
        return
    call = f"{response.request.method} {response.request.url.path} {response.status_code}"
    reason = shown(response)
    assert reason.strip(), f"{call} shows nothing: {response.text}"
    assert " " in reason, f"{call} shows no sentence: {reason}"
    assert "\n" not in reason, f"{call} shows more than a sentence: {reason}"
    assert reason[0].isupper() or reason[0].isdigit(), f"{call} shows half a sentence: {reason}"
    assert len(reason) <= LONGEST, f"{call} shows a long text: {reason}"
    assert not FOR_PROGRAMS.search(reason), f"{call} shows a program's words: {reason}"
