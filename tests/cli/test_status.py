"""What `make status` says of what runs, is missing, or is run by AWS."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from cli import drift, facts, status, traffic
from cli.deployed import Deployed
from cli.releases import LEDGER
from cli.stack import Stack

ENTRY = {
    "release": "sha256:abc",
    "image": "sha256:abc",
    "schema": "0002",
    "commit": None,
    "dirty": False,
    "at": "2026-11-23T22:10:00Z",
    "who": "ada",
    "kept": True,
}
NO_CLIENT: Any = None
DF = b"Filesystem 1B-blocks Used Available Capacity Mounted\noverlay 100 40 60 40% /\n"


@dataclass(frozen=True)
class Managed(Stack):
    """A stack with one api container and nothing else on its host."""

    settings: dict[str, str] = field(default_factory=dict)

    def setting(self, key: str) -> str:
        return {"name": "tasks", **self.settings}[key]

    def state(self) -> dict[str, Any]:
        return {"deployment": {"resources": [{"type": LEDGER, "outputs": {"releases": [ENTRY]}}]}}

    def containers(self, client: Any, *, part: str = "") -> list[Any]:
        def run(command: list[str]) -> SimpleNamespace:
            return SimpleNamespace(
                exit_code=0, output=DF if command[0] == "df" else b"Python 3.12.1"
            )

        api = SimpleNamespace(name="tasks-api-1-0a1b2c3", status="running", exec_run=run)
        return [api] if api.name.startswith(f"tasks-{part}") else []


@dataclass(frozen=True)
class Hosted(Stack):
    """A stack with its stores on the host: `running` there, the others only in its state."""

    present: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()
    health: str = "healthy"

    def setting(self, key: str) -> str:
        return {"name": "tasks"}[key]

    def state(self) -> dict[str, Any]:
        names = ("tasks-postgres", "tasks-redis", "tasks-proxy")
        return {"deployment": {"resources": [self._resource(name) for name in names]}}

    def _resource(self, name: str) -> dict[str, Any]:
        pending = {"pendingReplacement": True} if name in self.pending else {}
        return {"type": drift.CONTAINER, "outputs": {"name": name}, **pending}

    def containers(self, client: Any, *, part: str = "") -> list[Any]:
        state = {"Status": "running", "Health": {"Status": self.health}}
        return [
            SimpleNamespace(name=name, status="running", attrs={"State": state})
            for name in self.present
            if name.startswith(f"tasks-{part}")
        ]


@pytest.fixture
def routed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "state", lambda _: (traffic.RUNNING, []))


@pytest.mark.usefixtures("routed")
@pytest.mark.parametrize(
    ("pending", "line"),
    [
        (("tasks-postgres",), "tasks-postgres was deleted to be replaced, and was not made again"),
        ((), "tasks-postgres is gone"),
    ],
)
def test_a_database_that_is_missing_is_drift(pending: tuple[str, ...], line: str) -> None:
    stack = Hosted("local", present=("tasks-proxy", "tasks-redis"), pending=pending)
    assert drift.routing(Deployed(stack, {}, "", NO_CLIENT)) == [line]


def test_an_unhealthy_container_needs_a_look() -> None:
    stack = Hosted("local", present=("tasks-postgres",), health="unhealthy")
    [line] = status._unwell(Deployed(stack, {}, "", NO_CLIENT))
    assert line.startswith("tasks-postgres is unhealthy")


def _facts(settings: dict[str, str]) -> dict[str, tuple[str, str]]:
    client: Any = SimpleNamespace(version=lambda: {"Version": "29.0"})
    deployed = Deployed(Managed("prod", settings), {}, "", client)
    return {name: facts.FACTS[name](deployed) for name in ("schema", "disk", "versions")}


def test_parts_that_aws_runs_are_not_missed_on_the_host() -> None:
    found = _facts({"database": "rds", "cache": "elasticache"})
    assert found["schema"] == ("0002", "")
    assert "40%" in found["disk"][0]
    assert found["versions"] == ("Docker 29.0, Python 3.12.1", "")
