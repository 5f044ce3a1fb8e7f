"""Backups and what they are for: a time gone back to, nothing lost, damage found out."""

import json
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

import pytest
import requests

from tools.trial.deployment import Deployment
from tools.trial.load import load
from tools.trial.outcome import Outcome
from tools.trial.person import PICTURE

DAY_TWO = "day_two"
SCRIPTS = "/usr/local/lib/backup"
DATA = "/var/lib/postgresql/data"
FIRST_BACKUP_SECONDS = 60
UPLOADS = "/var/lib/taskmanager/uploads"


@pytest.fixture(scope="module")
def marked(running: Deployment) -> Deployment:
    """A deployment with a table of its own for what tests write."""
    _wait_for_the_first_backup(running)
    _sql(running, "CREATE TABLE marks (mark text)")
    return running


def test_the_schedule_makes_a_first_backup_by_itself(marked: Deployment) -> None:
    shown = marked.tool(DAY_TWO, "status").text
    assert re.search(r"^backup +0 min ago \(full\)", shown, re.M), "nobody asked for it"
    assert re.search(r"^drill +none yet", shown, re.M)
    assert "All is well" in shown


def test_a_time_that_cannot_be_gone_back_to_is_refused_with_nothing_changed(
    marked: Deployment,
) -> None:
    before = _started(marked)
    refused = marked.tool(DAY_TWO, "restore", "2020-01-01 00:00")
    assert refused.status != 0
    assert "is before the end of the oldest backup. Accepted: from 20" in refused.text
    assert "Traceback" not in refused.text
    assert _started(marked) == before


def test_going_back_between_two_writes_gives_the_first_its_files_and_the_releases_schema(
    marked: Deployment,
) -> None:
    picture = _upload(marked)
    assert requests.get(picture, timeout=10).status_code == 200
    assert marked.tool(DAY_TWO, "backup").status == 0
    between = _between(marked, "first", "second")
    # Younger than what is gone back to: the schema of a release, a lost file, a cached value.
    _release_a_revision(marked)
    _in(marked, "api-", "find", UPLOADS, "-type", "f", "-delete")
    assert requests.get(picture, timeout=10).status_code == 404
    _redis(marked, "set", "of-the-future", "1")
    went = _restore_killed_in_the_middle(marked, between)
    assert went.status == 0, went.text
    assert _marks(marked) == ["first"]
    assert _sql(marked, "SELECT version_num FROM alembic_version") == "9001"
    assert requests.get(f"{marked.url}/ready", timeout=10).status_code == 200
    assert requests.get(picture, timeout=10).status_code == 200
    assert _redis(marked, "get", "of-the-future") == ""


def _restore_killed_in_the_middle(marked: Deployment, to: str) -> Outcome:
    """What the same command says after it was killed; another one is refused meanwhile."""
    _kill_when(marked, "Postgres reads the log", "restore", to)
    other = marked.tool(DAY_TWO, "restore")
    assert other.status != 0
    assert f'make restore TO="{to}+00:00", or make restore UNDO=1' in other.text
    return marked.tool(DAY_TWO, "restore", to)


def test_a_restore_can_be_undone_and_that_is_no_way_to_lose_what_came_after(
    marked: Deployment,
) -> None:
    _mark(marked, "after the restore")
    in_the_restored = _now(marked)
    undone = marked.tool(DAY_TWO, "restore", "", "undo")
    assert undone.status == 0, undone.text
    assert _marks(marked) == ["first", "second"]
    went = marked.tool(DAY_TWO, "restore", in_the_restored)
    assert went.status == 0, went.text
    assert _marks(marked) == ["after the restore", "first"], "it was the live history at that time"


def test_a_database_that_dies_under_load_loses_nothing_that_was_acknowledged(
    marked: Deployment,
) -> None:
    with load(marked.url) as traffic:
        traffic.wait_for(200)
        [postgres] = marked.containers("postgres")
        postgres.kill()
        went = marked.tool(DAY_TWO, "restore")
        traffic.wait_for(len(traffic.answers) + 100)
    assert went.status == 0, went.text
    assert traffic.lost() == set()
    assert [each for each in traffic.answers if each.made is not None], "something was to lose"


def test_a_restore_that_was_cut_off_with_half_of_the_files_moved_can_be_undone(
    marked: Deployment,
) -> None:
    before = _marks(marked)
    between = _between(marked, "half", "whole")
    _kill_when(marked, "The service is closed", "restore", between)
    _stop_where_half_is_moved(marked)
    undone = marked.tool(DAY_TWO, "restore", "", "undo")
    assert undone.status == 0, undone.text
    assert _marks(marked) == sorted([*before, "half", "whole"])
    assert requests.get(f"{marked.url}/ready", timeout=10).status_code == 200


def test_a_drill_proves_a_good_backup_and_finds_a_damaged_one(marked: Deployment) -> None:
    passed = marked.tool(DAY_TWO, "backup-drill")
    assert passed.status == 0, passed.text
    assert "Drill passed" in passed.text
    assert "rows in" in passed.text
    # Not what a restore of today reads: the oldest segment of the log.
    damaged = _backup(
        marked,
        "f=$(find /var/lib/backups/pgbackrest/archive -name '0*.zst' | sort | head -n 1);"
        " printf damage | dd of=$f bs=1 seek=64 conv=notrunc status=none",
    )
    assert damaged.exit_code == 0
    failed = marked.tool(DAY_TWO, "backup-drill")
    assert failed.status != 0
    assert "DRILL FAILED: the repository is damaged" in failed.text, failed.text
    assert "drill: the last one failed: the repository" in marked.tool(DAY_TWO, "status").text


def test_a_lost_disk_is_found_out_before_an_empty_database_serves_and_comes_back(
    marked: Deployment,
) -> None:
    _backup(marked, "rm -rf /var/lib/backups/pgbackrest /var/lib/backups/status/full")
    _backup(marked, f"bash {SCRIPTS}/backup.sh check")
    assert marked.tool(DAY_TWO, "backup").status == 0, "the damage of before is gone"
    before = _marks(marked)
    assert marked.destroy().status == 0
    marked.client.volumes.get(f"{marked.name}-postgres-data").remove()
    stopped = marked.up()
    assert stopped.status != 0
    assert "holds backups of another database" in stopped.text
    assert not marked.containers("api-")
    went = marked.tool(DAY_TWO, "restore")
    assert went.status == 0, went.text
    assert "Next: make up" in went.text
    marked.release()
    assert _marks(marked) == before


def _wait_for_the_first_backup(running: Deployment) -> None:
    deadline = time.monotonic() + FIRST_BACKUP_SECONDS
    while time.monotonic() < deadline:
        said = _backup(running, f"bash {SCRIPTS}/report.sh").output
        if json.loads(said)["database"]["good"]:
            return
        time.sleep(0.5)
    raise AssertionError("the schedule has made no backup")


def _between(running: Deployment, first: str, second: str) -> str:
    """Write two marks; the result is a time between them."""
    _mark(running, first)
    between = _now(running)
    _mark(running, second)
    return between


def _mark(running: Deployment, mark: str) -> None:
    _sql(running, f"INSERT INTO marks VALUES ('{mark}')")  # noqa: S608 - a test's own words


def _now(running: Deployment) -> str:
    """The time, as whole seconds, with nothing committed in the seconds around it."""
    time.sleep(1.1)
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    time.sleep(1.1)
    return now


def _marks(running: Deployment) -> list[str]:
    return _sql(running, "SELECT mark FROM marks ORDER BY mark").splitlines()


def _sql(running: Deployment, statement: str) -> str:
    return _in(
        running, "postgres", "psql", "-qU", "task_user", "-d", "task_manager", "-Atc", statement
    )


def _redis(running: Deployment, *words: str) -> str:
    return _in(running, "redis", "redis-cli", *words)


def _in(running: Deployment, part: str, *command: str) -> str:
    container: Any = running.containers(part)[0]
    result = container.exec_run(list(command))
    said = str(result.output.decode().strip())
    assert result.exit_code == 0, said
    return said


def _backup(running: Deployment, line: str) -> Any:
    return running.containers("backup")[0].exec_run(["bash", "-c", line])


def _started(running: Deployment) -> dict[str, str]:
    return {str(each.name): each.attrs["State"]["StartedAt"] for each in running.containers()}


def _upload(running: Deployment) -> str:
    """The address of a new user's picture."""
    user = {"username": "keeper", "password": "keeps-her-picture"}
    mail = {**user, "email": "keeper@x.test"}
    requests.post(f"{running.url}/auth/register", json=mail, timeout=10).raise_for_status()
    answer = requests.post(f"{running.url}/auth/login", json=user, timeout=10)
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    picture = {"file": ("me.png", PICTURE, "image/png")}
    path = f"{running.url}/users/me/avatar"
    given = requests.post(path, files=picture, headers=headers, timeout=10)
    given.raise_for_status()
    return f"{running.url}{given.json()['avatar_url']}"


def _release_a_revision(running: Deployment) -> None:
    versions = running.folder / "service/migrations/versions"
    head = max(path.name for path in versions.glob("[0-9]*_*.py")).partition("_")[0]
    (versions / "9001_later.py").write_text(
        '"""A revision of a test."""\nfrom alembic import op\nrevision = "9001"\n'
        f'down_revision = "{head}"\naccepted = {{}}\n'
        'def upgrade() -> None:\n    op.execute("ALTER TABLE tasks ADD COLUMN colour text")\n'
    )
    running.release()


def _kill_when(running: Deployment, said: str, *words: str) -> None:
    """Run a command and kill it, which leaves it no time for anything, once it says that."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", f"tools.{DAY_TWO}", "local", *words],
        cwd=running.folder,
        env=running.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if said in line:
            break
    process.kill()
    process.communicate()
    assert said in seen, seen


def _stop_where_half_is_moved(running: Deployment) -> None:
    """As a machine that lost its power while the files changed places."""
    for container in (*running.containers("api-"), *running.containers("postgres")):
        container.stop()
    place = f"{DATA}/.restored {DATA}/.before-restore"
    moved = _backup(
        running,
        f"cd {DATA} && rm -rf .before-restore && install -d -o postgres -g postgres -m 0700 "
        f".before-restore && echo out {place} > .moving && mv base global pg_wal .before-restore",
    )
    assert moved.exit_code == 0, moved.output
