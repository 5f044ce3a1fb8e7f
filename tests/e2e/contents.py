"""Rows of a deployment, written and read by tests of backups."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

from testkit.deployment import Deployment

SCRIPTS = "/usr/local/lib/backup"
DATA = "/var/lib/postgresql/data"
FIRST_BACKUP_SECONDS = 60


def wait_for_the_first_backup(running: Deployment) -> None:
    """Return when the schedule has made one; it is given FIRST_BACKUP_SECONDS."""
    deadline = time.monotonic() + FIRST_BACKUP_SECONDS
    while time.monotonic() < deadline:
        report = in_backup(running, f"bash {SCRIPTS}/report.sh").output
        if json.loads(report)["database"]["good"]:
            return
        time.sleep(0.5)
    raise AssertionError("the schedule has made no backup")


def between_two(running: Deployment, first: str, second: str) -> str:
    """Write two marks; the result is a time between them."""
    mark(running, first)
    between = now(running)
    mark(running, second)
    return between


def mark(running: Deployment, word: str) -> None:
    """Write one row."""
    sql(running, f"INSERT INTO marks VALUES ('{word}')")  # noqa: S608 - a test's own words


def now(running: Deployment) -> str:
    """The time, as whole seconds, with nothing committed in the seconds around it."""
    time.sleep(1.1)
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"
    time.sleep(1.1)
    return now


def marks(running: Deployment) -> list[str]:
    """The rows, by the alphabet."""
    return sql(running, "SELECT mark FROM marks ORDER BY mark").splitlines()


def sql(running: Deployment, statement: str) -> str:
    psql = ("psql", "-qU", "postgres", "-d", "task_manager", "-Atc")
    return running.inside("postgres", *psql, statement)


def redis(running: Deployment, *words: str) -> str:
    return running.inside("redis", "redis-cli", *words)


def in_backup(running: Deployment, line: str) -> Any:
    """The result of a shell line in the container that makes backups."""
    return running.containers("backup")[0].exec_run(["bash", "-c", line])


def started(running: Deployment) -> dict[str, str]:
    """When each container started."""
    return {
        str(container.name): container.attrs["State"]["StartedAt"]
        for container in running.containers()
    }


def release_a_revision(running: Deployment) -> None:
    """Release a new revision of the schema."""
    versions = running.folder / "service/migrations/versions"
    head = max(path.name for path in versions.glob("[0-9]*_*.py")).partition("_")[0]
    (versions / "9001_later.py").write_text(
        '"""A revision of a test."""\nfrom alembic import op\nrevision = "9001"\n'
        f'down_revision = "{head}"\naccepted = {{}}\n'
        'def upgrade() -> None:\n    op.execute("ALTER TABLE tasks ADD COLUMN colour text")\n'
    )
    running.release()


def kill_when(running: Deployment, printed: str, *words: str) -> None:
    """Run a command and kill it, which leaves it no time for anything, once it says that."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "cli", *words],
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
        if printed in line:
            break
    process.kill()
    process.communicate()
    assert printed in seen, seen


def stop_where_half_is_moved(running: Deployment) -> None:
    """As a machine that lost its power while the files changed places."""
    for container in (*running.containers("api-"), *running.containers("postgres")):
        container.stop()
    place = f"{DATA}/.restored {DATA}/.before-restore"
    moved = in_backup(
        running,
        f"cd {DATA} && rm -rf .before-restore && install -d -o postgres -g postgres -m 0700 "
        f".before-restore && echo out {place} > .moving && mv base global pg_wal .before-restore",
    )
    assert moved.exit_code == 0, moved.output
