"""The message for a migration that failed, from its exit status and its log."""

import re

from infra.steps.failure import StepFailed

# As the service's migrations/env.py prints and exits.
FAILED = re.compile(r"(revision \w+ \([^)]+\)) failed: (.+)")
ERROR = re.compile(r"^ERROR (.+)", re.MULTILINE)
LEVEL = re.compile(r"^(?:ERROR|WARNING) ")
LAST_LINES = 20
ALL_LINES = 200
AHEAD, REFUSED, LOCKED, FOREIGN = 4, 5, 6, 7


def failure(status: int, log: str) -> StepFailed:
    """The message at the end of the container's `log`; the cause is its first line."""
    last = reasons(log, ALL_LINES if status in (AHEAD, REFUSED, FOREIGN) else LAST_LINES)
    if status == AHEAD:
        return StepFailed(
            "This release is older than the database's schema; nothing was changed.\n"
            f"{last}\n"
            "  Fix: choose a later release (make releases), or restore the data of its time too."
        )
    if status == REFUSED:
        return StepFailed(
            f"The migration was refused; nothing was changed.\n{last}\n"
            "  Fix: change the revision as it says, then run the same command again."
        )
    if status == FOREIGN:
        return StepFailed(
            f"The database belongs to other revisions; nothing was changed.\n{last}\n"
            "  Fix: go back to the code that built it; or, where this app needs a database of its "
            "own:\n"
            "    its data may go, as after a trial of the demo app: make down PURGE=1 && make up\n"
            "    it stays, under its old name: make down && pulumi config set name NEW-NAME && "
            "make up"
        )
    if status == LOCKED:
        return StepFailed(
            "The migration gave up: another session uses a table that a revision needs. Revisions "
            f"before it stay in the schema; no api container was changed.\n{last}\n"
            "  Fix: end that session, as it says, in: make psql. Then run the same command again."
        )
    failed = FAILED.search(log)
    said = ERROR.search(log)
    reason = f" at {failed[1]}: {failed[2]}" if failed else f" (exit {status})"
    if said and not failed:
        reason = f": {said[1]}"
    return StepFailed(
        f"The migration failed{reason}\n"
        "  Revisions before it stay in the schema; no api container was changed. The log ends:\n"
        f"{last}\n"
        "  Fix: correct the revision, then run the same command again."
    )


def reasons(log: str, count: int = ALL_LINES) -> str:
    """The last lines of a log but for its INFO lines, indented, without their level."""
    lines = [line for line in log.splitlines() if not line.startswith("INFO ")]
    return "\n".join(f"    {LEVEL.sub('', line)}" for line in lines[-count:])
