"""Backups: restores to a point in time, no lost commit, detected damage."""

import re

import pytest
import requests

from testkit.deployment import Deployment
from testkit.load import load
from testkit.outcome import Outcome
from testkit.user import User
from tests.e2e.contents import (
    SCRIPTS,
    between_two,
    in_backup,
    kill_when,
    mark,
    marks,
    now,
    redis,
    release_a_revision,
    sql,
    started,
    stop_where_half_is_moved,
    wait_for_the_first_backup,
)

UPLOADS = "/var/lib/taskmanager/uploads"


@pytest.fixture(scope="module")
def marked(running: Deployment) -> Deployment:
    """A deployment with a table for the rows of the tests."""
    wait_for_the_first_backup(running)
    sql(running, "CREATE TABLE marks (mark text)")
    return running


def test_the_schedule_makes_a_first_backup_without_a_command(marked: Deployment) -> None:
    shown = marked.tool("status").text
    assert re.search(r"^backup +0 min ago \(full\)", shown, re.M), "the schedule made it"
    assert re.search(r"^drill +none yet", shown, re.M)
    assert "All is well" in shown


def test_a_time_that_cannot_be_restored_is_refused_and_nothing_changes(
    marked: Deployment,
) -> None:
    before = started(marked)
    refused = marked.tool("restore", "--yes", "--to", "2020-01-01 00:00")
    assert refused.status != 0
    assert "is before the end of the oldest backup. Accepted: from 20" in refused.text
    assert "Traceback" not in refused.text
    assert started(marked) == before


def test_a_restore_between_two_writes_has_the_first_one_its_files_and_the_releases_schema(
    marked: Deployment,
) -> None:
    picture = User.register(marked.url).upload_picture()
    assert requests.get(picture, timeout=10).status_code == 200
    assert marked.tool("backup").status == 0
    between = between_two(marked, "first", "second")
    # Younger than the restored time: the schema of a release, a lost file, a cached value.
    release_a_revision(marked)
    marked.inside("api-", "find", UPLOADS, "-type", "f", "-delete")
    assert requests.get(picture, timeout=10).status_code == 404
    redis(marked, "set", "of-the-future", "1")
    went = _restore_killed_in_the_middle(marked, between)
    assert went.status == 0, went.text
    assert marks(marked) == ["first"]
    assert sql(marked, "SELECT version_num FROM alembic_version") == "9001"
    assert requests.get(f"{marked.url}/ready", timeout=10).status_code == 200
    assert requests.get(picture, timeout=10).status_code == 200
    assert redis(marked, "get", "of-the-future") == ""


def _restore_killed_in_the_middle(marked: Deployment, to: str) -> Outcome:
    """The outcome of the same command after it was killed; another one is refused meanwhile."""
    kill_when(marked, "Postgres reads the log", "restore", "--yes", "--to", to)
    other = marked.tool("restore", "--yes")
    assert other.status != 0
    assert f'make restore TO="{to}+00:00", or make restore UNDO=1' in other.text
    return marked.tool("restore", "--yes", "--to", to)


def test_a_restore_can_be_undone_and_the_writes_after_it_are_kept(
    marked: Deployment,
) -> None:
    mark(marked, "after the restore")
    in_the_restored = now(marked)
    undone = marked.tool("restore", "--yes", "--undo")
    assert undone.status == 0, undone.text
    assert marks(marked) == ["first", "second"]
    went = marked.tool("restore", "--yes", "--to", in_the_restored)
    assert went.status == 0, went.text
    assert marks(marked) == ["after the restore", "first"], "it was the live history at that time"


def test_a_database_that_is_killed_under_load_loses_no_acknowledged_row(
    marked: Deployment,
) -> None:
    with load(marked.url) as traffic:
        traffic.wait_for(200)
        [postgres] = marked.containers("postgres")
        postgres.kill()
        went = marked.tool("restore", "--yes")
        traffic.wait_for(len(traffic.answers) + 100)
    assert went.status == 0, went.text
    assert traffic.lost() == set()
    assert [each for each in traffic.answers if each.made is not None], "something was to lose"


def test_a_restore_that_was_killed_with_half_of_the_files_moved_can_be_undone(
    marked: Deployment,
) -> None:
    before = marks(marked)
    between = between_two(marked, "half", "whole")
    kill_when(marked, "The service is closed", "restore", "--yes", "--to", between)
    stop_where_half_is_moved(marked)
    undone = marked.tool("restore", "--yes", "--undo")
    assert undone.status == 0, undone.text
    assert marks(marked) == sorted([*before, "half", "whole"])
    assert requests.get(f"{marked.url}/ready", timeout=10).status_code == 200


def test_a_drill_passes_for_a_good_backup_and_fails_for_a_damaged_one(marked: Deployment) -> None:
    passed = marked.tool("backup-drill")
    assert passed.status == 0, passed.text
    assert "Drill passed" in passed.text
    assert "rows in" in passed.text
    # The oldest segment of the log, which a restore of today does not read.
    damaged = in_backup(
        marked,
        "f=$(find /var/lib/backups/pgbackrest/archive -name '0*.zst' | sort | head -n 1);"
        " printf damage | dd of=$f bs=1 seek=64 conv=notrunc status=none",
    )
    assert damaged.exit_code == 0
    failed = marked.tool("backup-drill")
    assert failed.status != 0
    assert "DRILL FAILED: the repository is damaged" in failed.text, failed.text
    assert "drill: the last one failed: the repository" in marked.tool("status").text


def test_a_lost_disk_stops_the_deployment_and_can_be_restored(
    marked: Deployment,
) -> None:
    in_backup(marked, "rm -rf /var/lib/backups/pgbackrest /var/lib/backups/status/full")
    in_backup(marked, f"bash {SCRIPTS}/backup.sh check")
    assert marked.tool("backup").status == 0, "the damage of before is gone"
    before = marks(marked)
    assert marked.destroy().status == 0
    marked.client.volumes.get(f"{marked.name}-postgres-data").remove()
    stopped = marked.up()
    assert stopped.status != 0
    assert "holds backups of another database" in stopped.text
    assert not marked.containers("api-")
    went = marked.tool("restore", "--yes")
    assert went.status == 0, went.text
    assert "Next: make up" in went.text
    marked.release()
    assert marks(marked) == before
