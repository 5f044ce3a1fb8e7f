"""Releases that fail: the previous one keeps serving, and a fix needs no other step."""

import re
import time
from pathlib import Path

import pytest

from testkit.deployment import Deployment
from testkit.load import load

PROGRAM = Path(__file__).parent / "programs" / "broken_app.py"
BREAKAGES = {
    "is never ready": 'answering(create_app, 503, path="/ready")',
    "starts and then dies": "dying(create_app, seconds=2.0)",
    "answers 500 to everything": "answering(create_app, 500)",
}


@pytest.fixture
def good_code(running: Deployment) -> str:
    """The code of a release that serves."""
    running.release()
    return (running.folder / "service/app/main.py").read_text()


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_a_version_that_fails_gets_no_traffic_and_a_fix_recovers(
    running: Deployment, good_code: str, breakage: str
) -> None:
    serving, old = running.names("api-"), running.version()
    with load(running.url) as traffic:
        running.wrap_app(PROGRAM, BREAKAGES[breakage])
        for options in ((), (), ("--refresh",)):
            outcome = running.up(*options)
            assert outcome.status != 0, f"up {options} went green:\n{outcome.text}"
            assert "THE-LAST-WORDS" in outcome.text, f"no log of the container:\n{outcome.text}"
            assert serving <= running.names("api-"), "the serving containers were removed"
            assert running.version() == old
        (running.folder / "service/app/main.py").write_text(good_code)
        running.release()
    assert not traffic.failures, traffic.failures[:3]
    assert {answer.version for answer in traffic.answers if answer.version} == {old}
    assert len(running.containers("api-")) == 2, running.names("api-")


def test_a_container_of_a_failed_release_is_kept_for_a_look_until_a_release_succeeds(
    running: Deployment, good_code: str
) -> None:
    serving, old = running.names("api-"), running.version()
    running.wrap_app(PROGRAM, BREAKAGES["starts and then dies"])
    assert running.up().status != 0
    left = running.names("api-") - serving
    assert left
    for _ in range(2):
        drift = running.tool("drift")
        assert drift.status == 0, f"what is kept on purpose is no drift:\n{drift.text}"
        running.must("refresh", "--yes", "--skip-preview", "--stack", running.stack)
        assert running.names("api-") == serving | left, "a refresh deletes nothing"
        assert running.version() == old
    assert running.up().status != 0, "a refresh does not make a failed release a good one"
    assert serving <= running.names("api-")
    (running.folder / "service/app/main.py").write_text(good_code)
    running.release()
    assert not running.names("api-") & left


def test_a_failed_migration_stops_the_release_and_runs_again(
    running: Deployment, good_code: str
) -> None:
    serving, old = running.names("api-"), running.version()
    revision = running.folder / "service/migrations/versions/9999_broken.py"
    revision.write_text(_revision(running, "SELECT 1/0"))
    with load(running.url) as traffic:
        for _ in range(2):
            began = time.time()
            outcome = running.up()
            assert outcome.status != 0
            assert "division by zero" in outcome.text, f"the log is missing:\n{outcome.text}"
            assert _migrations(running, began) == 1, "the migration did not run again"
            assert running.names("api-") == serving
        revision.write_text(_revision(running, "SELECT 1"))
        running.release()
        traffic.wait_for(len(traffic.answers) + 50)
    assert not traffic.failures, traffic.failures[:3]
    assert running.version() != old
    assert not running.names("migration"), "the ephemeral container was left behind"


def test_no_failure_shows_a_stack_trace_or_a_secret(running: Deployment, good_code: str) -> None:
    running.wrap_app(PROGRAM, BREAKAGES["is never ready"])
    outcome = running.up()
    (running.folder / "service/app/main.py").write_text(good_code)
    assert outcome.status != 0
    assert "Traceback" not in outcome.text, outcome.text
    for key in ("databasePassword", "secretKey", "backupSecret"):
        secret = running.must("config", "get", key, "--stack", "local").strip()
        assert secret not in outcome.text


def _migrations(running: Deployment, began: float) -> int:
    events = running.events(began, event="start")
    name = f"{running.name}-migration"
    return sum(event["Actor"]["Attributes"]["name"] == name for event in events)


def _revision(running: Deployment, statement: str) -> str:
    versions = running.folder / "service/migrations/versions"
    texts = [path.read_text() for path in versions.glob("*.py") if path.name != "9999_broken.py"]
    revisions = {_named("revision", text) for text in texts}
    head = revisions - {_named("down_revision", text) for text in texts}
    return (
        '"""A revision of a test."""\n'
        "from alembic import op\n"
        'revision = "9999"\n'
        f'down_revision = "{head.pop()}"\n'
        f'def upgrade() -> None:\n    op.execute("{statement}")\n'
        "def downgrade() -> None:\n    pass\n"
    )


def _named(variable: str, text: str) -> str | None:
    match = re.search(rf'^{variable}\b[^=]*= *["\'](.+?)["\']', text, re.MULTILINE)
    return match.group(1) if match else None
