"""Put back the data of an earlier time, or the data of before that restore."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from docker.errors import DockerException

from cli import backups, cutover, recovery
from cli.deployed import Deployed
from cli.errors import Interrupted
from cli.recovery_points import EXAMPLE, History
from infra.errors import UserError

RESTORE, ABANDON = "restore", "abandon"
VERSION = 2
"""Of the steps of infra/scripts/restore.sh, as report.sh says it."""
READY = "ready"
"""The files wait to change places; otherwise they are at it, or have done it."""


@dataclass(frozen=True)
class Begun:
    """A restore that an earlier command began and did not end, as report.sh says it."""

    kind: str
    to: str
    at: str

    @property
    def harmless(self) -> bool:
        """Whether the live files are as they were."""
        return self.kind == ABANDON or (self.kind == RESTORE and self.at == READY)


def losses(to: str, *, undo: bool) -> str:
    """The losses of `restore`, for the question before it."""
    if undo:
        return (
            "puts back the database from before the last restore; changes since then are set aside."
        )
    time = to or "the newest backup"
    return (
        f"puts back the database of {time}: later changes are set aside for a week, and the "
        "service is closed for a short time."
    )


def restore(deployed: Deployed, to: str = "", *, undo: bool = False) -> int:
    """Go to the time `to`, to the newest data for none; or `undo` the last restore.

    Takes up where an interrupted one stopped. Raises UserError, before anything is changed, when
    that cannot be.
    """
    backups.refuse_managed(deployed)
    recovery.refuse_under_way(deployed.stack)
    report = backups.report(deployed, "full")
    _refuse_earlier_scripts(deployed, report)
    begun = Begun(**report["begun"]) if report["begun"] else None
    # A service that was closed on purpose stays closed.
    opens = begun is not None or cutover.is_open(deployed)
    if undo:
        _undo(deployed, begun, aside=report["aside"], opens=opens)
    else:
        _restore(deployed, begun, to, history=report, opens=opens)
    return 0


def _refuse_earlier_scripts(deployed: Deployed, report: dict[str, Any]) -> None:
    if report.get("version") != VERSION:
        raise UserError(
            "The backup container has the scripts of another version. Nothing was changed.\n"
            f"  Fix: {deployed.stack.make('up')} brings those of this one; then this again"
        )


def _restore(
    deployed: Deployed, begun: Begun | None, to: str, *, history: dict[str, Any], opens: bool
) -> None:
    if begun and not begun.harmless:
        time = _same(deployed, begun, to)
        print(f"Going on with the restore to {_named(time)}, which was interrupted.")
    else:
        time = _fetch(deployed, to, History.read(history))
    with _way_on(deployed, to):
        cutover.carry_out(deployed, "swap", to=time, opens=opens)
    _back_up(deployed)
    print(
        f"\nRestored to {_named(time)}. The earlier data is kept for a week.\n"
        f"Next: check the data. To put the earlier data back: {_command(deployed, undo=True)}"
    )


def _fetch(deployed: Deployed, to: str, history: History) -> str:
    """Fetch the backup while the service runs; the result is the time as the scripts take it."""
    at = history.moment(to, again=_command(deployed, EXAMPLE)) if to else None
    time = at.isoformat(sep=" ") if at else ""
    label, timeline = history.source(at)
    since = "" if at is None else " Later changes are set aside, uploaded files stay."
    print(
        f"Restoring the database to {_named(time)},\nfrom backup {label}.{since}\n"
        "  1. The backup is fetched beside the live data; the service keeps running.\n"
        "  2. The service is closed (503 and a page), and Postgres starts on the restored data.\n"
        "  3. Missing uploads come back, the schema is brought up to date, the service opens.\n",
        flush=True,
    )
    cutover.step(deployed, "fetch", label, timeline, time)
    return time


def _same(deployed: Deployed, begun: Begun, to: str) -> str:
    """The time of the restore that was begun, if `to` is that time.

    Raises UserError if it is not: halfway there is no third way.
    """
    if begun.kind == RESTORE and _moment(to) == _moment(begun.to):
        return begun.to
    what = f"A restore to {_named(begun.to)}" if begun.kind == RESTORE else "An undo"
    ways = [_command(deployed, undo=True)]
    if begun.kind == RESTORE:
        ways.insert(0, _command(deployed, begun.to))
    raise UserError(
        f"{what} was interrupted and must come to its end first.\n  Fix: {', or '.join(ways)}"
    )


def _undo(deployed: Deployed, begun: Begun | None, *, aside: bool, opens: bool) -> None:
    if begun and begun.harmless:
        print("The restore had changed nothing yet; the service keeps the data it has.")
        with _way_on(deployed, "", undo=True):
            cutover.carry_out(deployed, "abandon", opens=opens)
        return
    if not begun and not aside:
        raise UserError("There is no restore to undo: no data was set aside in the last week.")
    print(
        "Putting back the database from before the restore; changes since then are set aside.",
        flush=True,
    )
    cutover.step(deployed, "begin_undo")
    with _way_on(deployed, "", undo=True):
        cutover.carry_out(deployed, "undo", opens=opens)
    _back_up(deployed)
    print(
        "\nUndone: the database is the one from before the restore.\n"
        f"Next: check the data; {deployed.stack.make('status')} shows the state of the service."
    )


def _back_up(deployed: Deployed) -> None:
    """A backup of the new history, so that the next restore need not come from another."""
    print("Making a backup of the restored data; the service keeps running.", flush=True)
    if not backups.succeeds(deployed, "backup", "database"):
        print(f"! Restored, but not backed up. Fix: {deployed.stack.make('backup')}")


@contextmanager
def _way_on(deployed: Deployed, to: str, *, undo: bool = False) -> Generator[None]:
    """Whatever stops it in the middle: say that nothing is lost, and how to go on."""
    way = (
        "  No data is lost. The service is closed until one of these has ended:\n"
        f"    {_command(deployed, to, undo=undo)}   continues\n"
    )
    if not undo:
        way += f"    {_command(deployed, undo=True)}   goes back to the earlier data\n"
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"Interrupted.\n{way}") from None
    except (UserError, DockerException) as problem:
        raise UserError(f"{problem}\n{way}") from None


def _command(deployed: Deployed, to: str = "", *, undo: bool = False) -> str:
    return deployed.stack.make("restore") + (" UNDO=1" if undo else f' TO="{to}"' if to else "")


def _named(time: str) -> str:
    return f"{_moment(time):%Y-%m-%d %H:%M:%S} UTC" if time else "the newest committed data"


def _moment(text: str) -> datetime | None:
    try:
        said = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return said.replace(tzinfo=said.tzinfo or UTC).astimezone(UTC)
