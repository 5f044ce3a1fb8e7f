"""How old the last good backup of each kind is, as rows of `make status`."""

import json
from typing import Any

from cli import backups
from cli.deployed import Deployed

HOUR, DAY = 3600, 86400
LIMITS = {"database": 26 * HOUR, "uploads": 2 * HOUR, "drill": 8 * DAY}
"""A day, an hour and a week, and some time to make it."""
FIX = {"database": "backup", "uploads": "backup", "drill": "backup-drill"}
NAMES = {"database": "backup", "uploads": "uploads", "drill": "drill"}


def show(deployed: Deployed, *, as_json: bool = False) -> int:
    """Print the age of the last good backup of each kind; 1 if one needs attention."""
    ages = rows(deployed)
    if as_json:
        print(json.dumps({name: {"text": text, "warning": warn} for name, text, warn in ages}))
    else:
        for name, text, warning in ages:
            print(f"{name:<9} {text}" + (f"\n  ! {warning}" if warning else ""))
    return 1 if any(warning for _, _, warning in ages) else 0


def rows(deployed: Deployed) -> list[tuple[str, str, str]]:
    """Name, text and warning of each row; a warning is empty where all is well."""
    if deployed.managed("database"):
        days = deployed.stack.setting("snapshotDays")
        return [("backup", f"by RDS, any second of the last {days} days", "")]
    return read(backups.report(deployed), deployed.stack.make)


def read(report: dict[str, Any], make: Any) -> list[tuple[str, str, str]]:
    """The rows of a report of report.sh; `make` gives the command for a target."""
    found = [
        (NAMES[what], *_age(report, what, make(FIX[what]))) for what in LIMITS if what in report
    ]
    found.append(("archive", *_archive(report["archive"], report["now"])))
    if report["begun"]:
        ways = f"the same command continues it, {make('restore')} UNDO=1 goes back"
        found.append(("restore", "has not ended", f"where it was interrupted, {ways}"))
    return found


def _age(report: dict[str, Any], what: str, fix: str) -> tuple[str, str]:
    last, good = report[what]["last"], report[what]["good"]
    age = report["now"] - (good["finished"] if good else report["since"])
    detail = f" ({good['detail']})" if good and good["detail"] else ""
    text = f"{_ago(age)}{detail}" if good else "none yet"
    if last and not last["ok"]:
        why = f": {last['detail']}" if what == "drill" else ""
        return (
            text,
            f"the last one failed{why} (the backup container's log says more). Again: {fix}",
        )
    if age > LIMITS[what]:
        return text, f"the last good one is older than {_span(LIMITS[what])}. Fix: {fix}"
    return text, ""


def _archive(archive: dict[str, Any] | None, now: int) -> tuple[str, str]:
    if archive is None:
        return "unknown", "Postgres does not answer"
    text = _ago(now - archive["archived"]) if archive["archived"] else "nothing yet"
    if archive["failing"] or archive["waiting"]:
        return text, (
            f"the log of the database does not reach the repository ({archive['waiting']} segments "
            "wait): data written now is in no backup. Why: the log of the Postgres container"
        )
    return text, ""


def _ago(seconds: int) -> str:
    return f"{_span(seconds)} ago"


def _span(seconds: int) -> str:
    if seconds < 2 * HOUR:
        return f"{seconds // 60} min"
    return f"{seconds // HOUR} h" if seconds < 2 * DAY else f"{seconds // DAY} days"
