"""The screens of the commands in a terminal of 80 columns and 24 lines."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from cli import drift, facts, logs, releases, screen, status, traffic
from cli.cost import report
from cli.deployed import Deployed
from cli.releases import LEDGER, Release
from cli.stack import Stack
from infra.errors import UserError

NO_CLIENT: Any = None
DIGESTS = {letter: f"sha256:{letter * 64}" for letter in "abcde"}
API = ("taskmanager-api-1-0a1b2c3", "taskmanager-api-2-0a1b2c3", "taskmanager-api-3-0a1b2c3")
BESIDE = ("taskmanager-backup", "taskmanager-postgres", "taskmanager-proxy", "taskmanager-redis")
FAILED = "taskmanager-api-1-9f8e7d6"


def entry(letter: str, **other: Any) -> dict[str, Any]:
    return {
        "release": DIGESTS[letter],
        "image": DIGESTS[letter],
        "schema": "0012",
        "commit": "968ea48c" * 5,
        "dirty": True,
        "at": "2026-11-23T22:10:00Z",
        "who": "deployer@build-host",
        "kept": True,
        **other,
    }


@dataclass(frozen=True)
class Running(Stack):
    """A stack with three api containers and everything beside them."""

    history: str = "ba"
    health: dict[str, str] = field(default_factory=dict)
    more: tuple[str, ...] = ()

    def setting(self, key: str) -> str:
        return {"name": "taskmanager", "target": "local"}[key]

    def state(self) -> dict[str, Any]:
        history = {"type": LEDGER, "outputs": {"releases": [entry(each) for each in self.history]}}
        containers = [
            {"type": drift.CONTAINER, "outputs": {"name": name}} for name in (*API, *BESIDE, FAILED)
        ]
        return {"deployment": {"resources": [history, *containers]}}

    def containers(self, client: Any, *, part: str = "") -> list[Any]:
        names = [name for name in (*API, *BESIDE, *self.more) if f"taskmanager-{part}" in name]
        return [self._container(name) for name in sorted(names)]

    def _container(self, name: str) -> SimpleNamespace:
        started = (datetime.now(UTC) - timedelta(minutes=42)).strftime("%Y-%m-%dT%H:%M:%S.0Z")
        health = self.health.get(name, "healthy")
        state = {"Status": "running", "StartedAt": started, "Health": {"Status": health}}
        image = f"registry.example/tasks@{DIGESTS['b']}"
        attrs = {"State": state, "RestartCount": 0, "Config": {"Image": image}}
        return SimpleNamespace(name=name, id=name, status="running", attrs=attrs)


ROWS = {
    "address": ("http://127.0.0.1:8080", ""),
    "schema": ("0012", ""),
    "versions": ("Docker 29.0, PostgreSQL 17.2, redis-server 8.0, Python 3.12.1", ""),
    "disk": ("41% used, 59.0 GB free", ""),
}


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """80 columns, a proxy that sends requests to the three, and backups as they should be."""
    monkeypatch.setattr(screen, "WIDE", 80)
    monkeypatch.setattr(traffic, "state", lambda _: (traffic.RUNNING, list(API)))
    for name, row in ROWS.items():
        monkeypatch.setitem(facts.FACTS, name, lambda _, row=row: row)
    ages = [(name, "12 min ago (full)", "") for name in ("backup", "uploads", "drill", "archive")]
    monkeypatch.setattr(facts, "_backups", lambda _: ages)


def shown(stack: Running, capsys: pytest.CaptureFixture[str]) -> str:
    status.show(Deployed(stack, {"containers": list(API)}, "", NO_CLIENT))
    return capsys.readouterr().out


@pytest.mark.usefixtures("terminal")
def test_status_with_three_replicas_fits_a_screen(capsys: pytest.CaptureFixture[str]) -> None:
    lines = shown(Running("local"), capsys).splitlines()
    assert len(lines) < 24
    assert max(len(line) for line in lines) <= 80
    for name in (*API, *BESIDE):
        [line] = [line for line in lines if line.startswith(name)]
        assert "healthy" in line
        assert DIGESTS["b"].removeprefix("sha256:")[:12] in line, "the digits that releases shows"
    assert lines[-1].startswith("All is well")
    assert any(line.startswith("schema") for line in lines)


@pytest.mark.usefixtures("terminal")
def test_an_unhealthy_container_is_never_well(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(Running("local", health={"taskmanager-redis": "unhealthy"}), capsys)
    assert "All is well" not in text
    assert "! taskmanager-redis is unhealthy" in text


@pytest.mark.usefixtures("terminal")
def test_a_container_of_a_failed_release_is_listed_as_that_and_not_as_drift(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stack = Running("local", more=(FAILED, "taskmanager-api-9-0000000"))
    text = shown(stack, capsys)
    [line] = [line for line in text.splitlines() if line.startswith(FAILED)]
    assert line.endswith(" failed")
    assert "! failed: the last deployment failed" in text
    found = drift.routing(Deployed(stack, {"containers": list(API)}, "", NO_CLIENT))
    assert found == ["taskmanager-api-9-0000000 belongs to no release"]


def listed(history: str, capsys: pytest.CaptureFixture[str], **other: Any) -> str:
    made = [Release(**entry(letter, **other)) for letter in history]
    rows = releases._table(made, {})
    screen.print_table(rows)
    print(releases._next(Stack("local"), made, {}))
    return capsys.readouterr().out


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(
    ("history", "taken"),
    [("ba", "a"), ("cba", "b"), ("bcba", "a"), ("dbcba", "b"), ("baba", "a")],
    ids=["second", "third", "after a rollback", "the fix after a rollback", "made again"],
)
def test_releases_names_the_one_that_a_rollback_takes_and_it_never_goes_forward(
    history: str, taken: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = listed(history, capsys)
    assert max(len(line) for line in text.splitlines()) <= 80
    assert f"Next: make rollback releases {taken * 12} again." in text
    made = [Release(**entry(letter)) for letter in history]
    assert releases.find(made, "").release == DIGESTS[taken]


def test_a_rollback_with_nothing_before_names_the_release_that_it_came_from(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = [Release(**entry(letter)) for letter in "aba"]
    with pytest.raises(UserError, match=r"no earlier release than a{12}.*from b{12}"):
        releases.find(made, "")
    assert "make rollback TO=bbbbbbbbbbbb" in listed("aba", capsys)


def test_a_request_in_the_logs_is_one_short_line() -> None:
    line = (
        '{"time": "2026-11-26T11:40:01.268+00:00", "level": "info", "logger": "app.requests", '
        '"message": "request", "request_id": "a88022ec-7642", "method": "GET", '
        '"route": "/version", "status": 200, "ms": 0.5}'
    )
    when = "2026-11-26T11:40:01.270000000Z"
    assert logs.readable(when, line) == "11:40:01 GET /version 200 0.5 ms id=a88022ec-7642"
    assert logs.readable(when, "Traceback (most recent call last):") == (
        "11:40:01 Traceback (most recent call last):"
    )
    failed = '{"level": "error", "logger": "app", "message": "no mail", "to": "a@b.c"}'
    assert logs.readable(when, failed) == "11:40:01 ERROR no mail to=a@b.c"


def test_logs_of_several_containers_come_in_the_order_of_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def read(_: Any, container: Any, __: list[str], lines: Any) -> None:
        for second in range(int(container.name[16]), 60, 3):
            lines.put((f"2026-11-26T11:40:{second:02}.0Z", container.name[12:17], "a line"))

    monkeypatch.setattr(logs, "_read", read)
    logs.show(Deployed(Running("local"), {}, "", NO_CLIENT), follow=False)
    times = [line.split()[2] for line in capsys.readouterr().out.splitlines()]
    assert len(times) == 59
    assert times == sorted(times)


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_cost_of_a_stack_fits_a_terminal(
    stack: str, capsys: pytest.CaptureFixture[str]
) -> None:
    report.main(stack)
    assert max(len(line) for line in capsys.readouterr().out.splitlines()) <= 80
