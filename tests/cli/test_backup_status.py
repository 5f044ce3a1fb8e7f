"""What `make status` says of the backups, and from when on it warns."""

from typing import Any

import pytest

from cli.backup_status import read

NOW, HOUR = 1_800_000_000, 3600
GOOD_ARCHIVE = {"archived": NOW - 60, "failing": False, "waiting": 0}


def entry(hours: float, *, ok: bool = True, detail: str = "") -> dict[str, Any]:
    return {"finished": int(NOW - hours * HOUR), "ok": ok, "seconds": 1, "detail": detail}


def report(since: float = 1000, **more: Any) -> dict[str, Any]:
    fine = {"last": entry(1), "good": entry(1)}
    return {
        "now": NOW,
        "since": NOW - since * HOUR,
        "database": fine,
        "uploads": fine,
        "drill": fine,
        "archive": GOOD_ARCHIVE,
        "begun": None,
        **more,
    }


def rows(**more: Any) -> dict[str, tuple[str, str]]:
    made = read(report(**more), lambda target: f"make {target} STACK=dev")
    return {name: (text, warning) for name, text, warning in made}


def test_nothing_is_said_against_backups_in_time() -> None:
    assert [warning for _, warning in rows().values()] == ["", "", "", ""]


@pytest.mark.parametrize(
    ("what", "row", "in_time", "late", "fix"),
    [
        ("database", "backup", 25, 27, "make backup STACK=dev"),
        ("uploads", "uploads", 1.5, 2.5, "make backup STACK=dev"),
        ("drill", "drill", 7.5 * 24, 8.5 * 24, "make backup-drill STACK=dev"),
    ],
)
def test_one_that_is_late_is_told_with_what_to_do(
    what: str, row: str, in_time: float, late: float, fix: str
) -> None:
    for hours, warned in ((in_time, False), (late, True)):
        made = entry(hours)
        _, warning = rows(**{what: {"last": made, "good": made}})[row]
        assert bool(warning) == warned
        assert not warned or fix in warning


def test_a_failure_is_told_at_once_however_young_the_last_good_one_is() -> None:
    failed = {"last": entry(0, ok=False, detail="damaged pages"), "good": entry(1)}
    text, warning = rows(drill=failed)["drill"]
    assert "60 min ago" in text
    assert "damaged pages" in warning


def test_a_backup_that_was_not_due_yet_is_not_missed() -> None:
    none = {"last": None, "good": None}
    assert rows(since=24, drill=none)["drill"] == ("none yet", "")
    assert rows(since=9 * 24, drill=none)["drill"][1]
    assert rows(since=27, database=none)["backup"][1], "the first is made at once"


def test_uploads_that_are_not_on_the_host_have_no_row() -> None:
    without = {key: value for key, value in report().items() if key != "uploads"}
    assert [name for name, _, _ in read(without, str)] == ["backup", "drill", "archive"]


@pytest.mark.parametrize(
    "archive",
    [{**GOOD_ARCHIVE, "failing": True}, {**GOOD_ARCHIVE, "waiting": 3}, None],
    ids=["failing", "waiting", "no answer"],
)
def test_a_log_that_does_not_reach_the_repository_is_told(archive: dict[str, Any] | None) -> None:
    assert rows(archive=archive)["archive"][1]


def test_an_archive_that_has_had_nothing_to_do_for_days_is_well() -> None:
    idle = {**GOOD_ARCHIVE, "archived": NOW - 100 * HOUR}
    assert rows(archive=idle)["archive"] == ("4 days ago", "")


def test_a_restore_that_has_not_ended_is_told_with_both_ways_out() -> None:
    begun = {"kind": "restore", "to": "", "at": "moving"}
    warning = rows(begun=begun)["restore"][1]
    assert "the same command" in warning
    assert "make restore STACK=dev UNDO=1" in warning
