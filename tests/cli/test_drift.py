"""The comparison with Pulumi's state, and the containers that it leaves out."""

from types import SimpleNamespace
from typing import Any

import pytest

from cli import drift, preview, traffic
from cli.deployed import Deployed
from cli.preview import Preview
from cli.stack import Stack

SERVING, LEFT = "tasks-api-1-0a1b2c3", "tasks-api-1-f0f0f0f"
RESOURCES = [
    {"type": drift.CONTAINER, "urn": f"urn::{name}", "outputs": {"name": name}}
    for name in (SERVING, LEFT)
]


class Failed(Stack):
    """A stack whose last release failed; its container was stopped and kept."""

    def state(self) -> dict[str, Any]:
        return {"deployment": {"resources": RESOURCES}}

    def containers(self, client: object, *, part: str = "") -> list[Any]:
        return [
            SimpleNamespace(name=name, status=status)
            for name, status in ((SERVING, "running"), (LEFT, "exited"))
        ]


def test_a_container_that_a_failed_release_left_stopped_is_no_drift(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    operations: list[list[str]] = []

    def run(words: list[str], _change_of: object) -> Preview:
        operations.append(words)
        return Preview()

    monkeypatch.setattr(preview, "run", run)
    monkeypatch.setattr(traffic, "state", lambda _: (traffic.RUNNING, [SERVING]))
    client: Any = None
    assert drift.drift(Deployed(Failed("local"), {"containers": [SERVING]}, "", client)) == 0
    [words] = operations
    excluded = [words[at + 1] for at, word in enumerate(words) if word == "--exclude"]
    assert excluded == [f"urn::{LEFT}"], "in the state it has to run; a person may look at it"
