"""The moment that a restore goes to, and the backup and the history that lead there."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.errors import UserError

EXAMPLE = "2026-01-31 12:00:00"
ACCEPTED = "YYYY-MM-DD HH:MM:SS, in UTC unless it ends with an offset such as +02:00"
UNREADABLE = 99
"""pgBackRest's status of a repository that it cannot make sense of."""
OWN = "current"
"""The timeline that a backup was made on, as Postgres calls it."""


@dataclass(frozen=True, kw_only=True)
class Backup:
    """One in the repository: on which timeline, and whole since when and where in the log."""

    label: str
    timeline: int
    stopped: int
    end: int


@dataclass(frozen=True, kw_only=True)
class Branch:
    """The database has followed `timeline` since then; it left `parent` at a place of the log."""

    since: int
    timeline: int
    parent: int | None
    branched: int


@dataclass(frozen=True, kw_only=True)
class History:
    """The backups and the branches, the oldest first; `live` is the running timeline."""

    now: int
    backups: list[Backup]
    branches: list[Branch]
    live: int | None

    @classmethod
    def read(cls, report: dict[str, Any]) -> "History":
        """From the JSON of infra/scripts/report.sh.

        Raises UserError when there is no backup, or none that the stack's secret opens.
        """
        repositories = report["repository"]
        if any(one.get("status", {}).get("code") == UNREADABLE for one in repositories):
            raise UserError(
                "The backups cannot be read: they were encrypted with another backupSecret, or are "
                "damaged. Nothing was changed.\n  Fix: set the backupSecret that they were made "
                "with (pulumi config set --secret taskmanager:backupSecret), then make up, then "
                "this command again. Which secret belongs to which backups: docs/backups.md"
            )
        found = [_backup(backup) for one in repositories for backup in one.get("backup", [])]
        if not found:
            raise UserError("There is no backup yet, so nothing can be restored. Fix: make backup")
        systems = {database["system-id"] for one in repositories for database in one.get("db", [])}
        return cls(
            now=report["now"],
            backups=sorted(found, key=lambda backup: backup.stopped),
            branches=[
                Branch(**{**branch, "branched": _place(branch["branched"])})
                for branch in report["timelines"]
            ],
            live=report["timeline"] if report["system"] in systems else None,
        )

    def moment(self, text: str, *, again: str) -> datetime:
        """The time that `text` says; `again` is the command with one that is well formed.

        Raises UserError when it says none, or one that no backup leads to.
        """
        try:
            said = datetime.fromisoformat(text.strip())
            at = said.replace(tzinfo=said.tzinfo or UTC).astimezone(UTC)
        except (ValueError, OverflowError):
            raise UserError(f"TO={text!r} is no time. Accepted: {ACCEPTED}. Fix: {again}") from None
        first = _shown(self.backups[0].stopped + 1)
        fix = f"Accepted: from {first} to {_shown(self.now)} UTC; nothing was changed."
        if at.timestamp() > self.now:
            raise UserError(f"TO={text!r} is in the future. {fix}")
        if at.timestamp() < self.backups[0].stopped + 1:
            raise UserError(f"TO={text!r} is before the end of the oldest backup. {fix}")
        return at

    def source(self, at: datetime | None) -> tuple[str, str]:
        """The backup to begin with and the timeline to follow, to get to `at` or to the newest.

        A timeline with a number must have its history in the archive; the backup's own need not.
        """
        until = at.timestamp() if at else self.now + 1
        usable = [backup for backup in reversed(self.backups) if backup.stopped + 1 <= until]
        timeline = self._timeline(at)
        for backup in usable:
            if timeline is not None and self._leads(backup, timeline):
                own = timeline == backup.timeline
                return backup.label, OWN if own else str(timeline)
        # The record of the history is gone with the host.
        return usable[0].label, OWN

    def _timeline(self, at: datetime | None) -> int | None:
        """The timeline that the database followed then: an undone restore does not count."""
        if at is None:
            return self.live or (self.branches[-1].timeline if self.branches else None)
        before = [branch for branch in self.branches if branch.since <= at.timestamp()]
        if before:
            return before[-1].timeline
        return self.branches[0].parent if self.branches else self.live

    def _leads(self, backup: Backup, timeline: int) -> bool:
        parents = {branch.timeline: branch for branch in self.branches if branch.parent is not None}
        end: int | None = None
        while timeline != backup.timeline:
            if timeline not in parents:
                return False
            branch = parents[timeline]
            end = branch.branched if end is None else min(end, branch.branched)
            timeline = branch.parent or 0
        return end is None or backup.end <= end


def _backup(said: dict[str, Any]) -> Backup:
    return Backup(
        label=said["label"],
        timeline=int(said["archive"]["stop"][:8], 16),
        stopped=said["timestamp"]["stop"],
        end=_place(said["lsn"]["stop"]),
    )


def _place(text: str) -> int:
    """A place of the log as Postgres writes it, `0/3000028`, as a number."""
    high, _, low = text.partition("/")
    return (int(high, 16) << 32) + int(low, 16)


def _shown(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}"
