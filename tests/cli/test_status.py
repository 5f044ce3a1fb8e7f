"""What `make status` says of a stack whose database and cache AWS runs."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from cli import status
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


def _facts(settings: dict[str, str]) -> dict[str, tuple[str, str]]:
    client: Any = SimpleNamespace(version=lambda: {"Version": "29.0"})
    deployed = Deployed(Managed("prod", settings), {}, "", client)
    return {name: status.FACTS[name](deployed) for name in ("schema", "disk", "versions")}


def test_parts_that_aws_runs_are_not_missed_on_the_host() -> None:
    found = _facts({"database": "rds", "cache": "elasticache"})
    assert found["schema"] == ("0002", "")
    assert "40%" in found["disk"][0]
    assert found["versions"] == ("Docker 29.0, Python 3.12.1", "")
