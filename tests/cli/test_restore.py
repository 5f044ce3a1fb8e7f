"""The backup that a restore begins with, the history that it follows, the times it refuses."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cli import backups, recovery, restore
from cli.deployed import Deployed
from cli.recovery_points import History
from cli.stack import Stack
from infra.errors import UserError

DAY = int(datetime(2026, 1, 31, tzinfo=UTC).timestamp())
AGAIN = "make restore"


def backup(label: str, hour: float, timeline: int, place: int) -> dict[str, Any]:
    return {
        "label": label,
        "archive": {"stop": f"{timeline:08X}{'0' * 16}"},
        "timestamp": {"stop": int(DAY + hour * 3600)},
        "lsn": {"stop": f"0/{place:X}"},
    }


def branch(hour: float, timeline: int, parent: int | None = None, place: int = 0) -> dict[str, Any]:
    since = int(DAY + hour * 3600)
    return {"since": since, "timeline": timeline, "parent": parent, "branched": f"0/{place:X}"}


def history(
    *backups: dict[str, Any], branches: tuple[dict[str, Any], ...] = (), timeline: int = 1
) -> History:
    return History.read(
        {
            "now": DAY + 24 * 3600,
            "system": 7,
            "timeline": timeline,
            "timelines": list(branches),
            "repository": [{"backup": list(backups), "db": [{"system-id": 7}]}],
        }
    )


def at(hour: float) -> datetime:
    return datetime.fromtimestamp(DAY + hour * 3600, UTC)


def test_backups_of_another_secret_are_named_as_that_and_not_as_none() -> None:
    # As pgBackRest 2.54 answers, what it could not decrypt left out.
    locked = {"backup": [], "db": [], "name": "main", "status": {"code": 99, "message": "other"}}
    with pytest.raises(UserError, match="another backupSecret") as caught:
        History.read({"now": DAY, "repository": [locked]})
    assert "pulumi config set --secret taskmanager:backupSecret" in str(caught.value)


PLAIN = history(backup("early", 2, 1, 0x20), backup("late", 10, 1, 0x100))


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31 12:00:00",
        "2026-01-31 12:00",
        "2026-01-31T12:00:00Z",
        "2026-01-31 14:00:00+02:00",
        " 2026-01-31 12:00:00 ",
    ],
)
def test_a_time_is_utc_unless_it_says_otherwise(text: str) -> None:
    assert PLAIN.moment(text, again=AGAIN) == at(12)


@pytest.mark.parametrize("text", ["yesterday", "12:00", "2026-02-30 12:00", "1769860800", "now"])
def test_a_text_that_is_no_time_is_refused_with_the_accepted_form(text: str) -> None:
    with pytest.raises(UserError) as refused:
        PLAIN.moment(text, again=AGAIN)
    for part in (repr(text), "YYYY-MM-DD HH:MM:SS", "UTC unless", f"Fix: {AGAIN}"):
        assert part in str(refused.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("2026-02-01 00:00:01", "in the future"),
        ("2026-01-31 01:59", "before the end of the oldest backup"),
        ("2026-01-31 02:00:00", "before the end of the oldest backup"),
        ("0001-01-01 00:00:00+02:00", "no time"),
    ],
)
def test_a_time_that_no_backup_leads_to_is_refused(text: str, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        PLAIN.moment(text, again=AGAIN)


def test_the_refusal_says_from_when_to_when() -> None:
    with pytest.raises(UserError, match="from 2026-01-31 02:00:01 to 2026-02-01 00:00:00 UTC"):
        PLAIN.moment("2025-01-01", again=AGAIN)


def test_without_a_backup_nothing_can_be_restored() -> None:
    with pytest.raises(UserError, match="no backup yet"):
        history()


def test_the_last_backup_before_the_time_is_the_shortest_way() -> None:
    assert PLAIN.source(at(9)) == ("early", "current")
    assert PLAIN.source(at(12)) == ("late", "current")
    assert PLAIN.source(None) == ("late", "current")


def test_the_newest_data_is_what_the_live_database_follows_not_the_newest_backup() -> None:
    """A restore that was undone has left a backup of its own, later than all others."""
    undone = history(
        backup("first", 2, 1, 0x20),
        backup("of the restored", 11, 2, 0x60),
        branches=(branch(10, 2, parent=1, place=0x40), branch(12, 1)),
    )
    assert undone.source(None) == ("first", "current")
    assert undone.source(at(13)) == ("first", "current")


def test_a_time_between_a_restore_and_its_undoing_is_in_the_restored_history() -> None:
    undone = history(
        backup("first", 2, 1, 0x20),
        backup("of the restored", 11, 2, 0x60),
        branches=(branch(10, 2, parent=1, place=0x40), branch(12, 1)),
    )
    assert undone.source(at(11.5)) == ("of the restored", "current")
    assert undone.source(at(10.5)) == ("first", "2"), "it branched off after that backup"
    assert undone.source(at(9)) == ("first", "current")


def test_a_backup_from_beyond_the_branch_does_not_lead_into_it() -> None:
    restored = history(
        backup("before", 2, 1, 0x20),
        backup("beyond", 8, 1, 0x80),
        branches=(branch(10, 2, parent=1, place=0x40),),
        timeline=2,
    )
    assert restored.source(None) == ("before", "2")
    assert restored.source(at(9)) == ("beyond", "current"), "what was given up is still there"


def test_a_restore_of_a_restore_leads_through_both() -> None:
    twice = history(
        backup("before", 2, 1, 0x20),
        branches=(branch(10, 2, parent=1, place=0x40), branch(12, 3, parent=2, place=0x30)),
        timeline=3,
    )
    assert twice.source(None) == ("before", "3")


def test_a_new_host_that_knows_nothing_follows_the_newest_backup() -> None:
    foreign = History.read(
        {
            "now": DAY + 24 * 3600,
            "system": 8,
            "timeline": 1,
            "timelines": [],
            "repository": [
                {
                    "backup": [backup("a", 2, 1, 0x20), backup("b", 3, 2, 0x60)],
                    "db": [{"system-id": 7}],
                }
            ],
        }
    )
    assert foreign.source(None) == ("b", "current")
    assert foreign.source(at(2.5)) == ("a", "current")


def test_scripts_of_another_version_are_refused_before_anything_is_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client: Any = None
    steps: list[tuple[str, ...]] = []
    monkeypatch.setattr(recovery, "refuse_under_way", lambda _: None)
    monkeypatch.setattr(backups, "refuse_managed", lambda _: None)
    monkeypatch.setattr(backups, "report", lambda *_: {"begun": None, "aside": False})
    monkeypatch.setattr(backups, "succeeds", lambda _, *words: steps.append(words))
    with pytest.raises(UserError, match="scripts of another version") as refused:
        restore.restore(Deployed(Stack("local"), {}, "", client))
    assert "make up" in str(refused.value)
    assert steps == []
