"""Backups by hand: make one, check one, and read the report of the backup container."""

import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from cli.deployed import Deployed
from infra.backup_paths import SCRIPTS
from infra.errors import UserError

TIME = re.compile(r"^\d{4}-\d\d-\d\dT[\d:]+Z ")
PGBACKREST = re.compile(
    r"(\d{4}-\d\d-\d\d [\d:.]+ )?P\d\d +(?P<level>[A-Z]+): (\[\d+\]: )?(?P<text>.*)"
)
"""As in `2026-11-26 11:39:45.877 P00   INFO: backup start archive = 0000`."""


def backup(deployed: Deployed) -> int:
    """Copy the database and the uploads now."""
    refuse_managed(deployed)
    # One that fails must not keep the other from being copied.
    failed: list[str] = []
    for part in ("database", "uploads"):
        print(f"Backing up the {part}:", flush=True)
        if not succeeds(deployed, "backup", part):
            failed.append(part)
    make = deployed.stack.make
    if failed:
        print(
            f"Not backed up: {' and '.join(failed)}, for the reason above.\n"
            f"Next: mend it, then {make('backup')}. How old the last good one is: {make('status')}",
            file=sys.stderr,
        )
        return 1
    print(
        "Backed up. Next:\n"
        f"  {make('backup-drill')}   checks that it can be restored\n"
        f"  {make('restore')}        goes back to it"
    )
    return 0


def drill(deployed: Deployed) -> int:
    """Restore the newest backup beside the live database and prove that it is whole."""
    refuse_managed(deployed)
    print("Testing the newest backup:", flush=True)
    make = deployed.stack.make
    if not succeeds(deployed, "drill"):
        print(f"Next: mend the cause, then {make('backup')} and this again.", file=sys.stderr)
        return 1
    print(f"Next: nothing; it runs by itself every week. Its age: {make('status')}")
    return 0


def report(deployed: Deployed, *words: str) -> dict[str, Any]:
    """The JSON of infra/scripts/report.sh."""
    return json.loads(deployed.ask("backup", "bash", f"{SCRIPTS}/report.sh", *words))


def succeeds(deployed: Deployed, script: str, *words: str) -> bool:
    """Run a script of the backup container and print its lines as they come."""
    name = deployed.running("backup").name
    return shows(deployed, "exec", name, "bash", f"{SCRIPTS}/{script}.sh", *words)


def shows(deployed: Deployed, *command: str) -> bool:
    """Run a command of docker and print the lines of a script as they come; whether it exits 0."""
    process = subprocess.Popen(
        ["docker", *command],
        env=deployed.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    with process:
        for line in readable(process.stdout or ()):
            print(f"  {line}", flush=True)
    return process.returncode == 0


def readable(lines: Iterable[str]) -> Iterator[str]:
    """The lines of a script without their times and without pgBackRest's notes on its own work."""
    hidden = False
    for line in lines:
        if note := PGBACKREST.match(line):
            hidden = note["level"] != "ERROR"
            text = note["text"]
        else:
            # pgBackRest indents the further lines of a note.
            hidden = hidden and line.startswith(" ")
            text = TIME.sub("", line)
        if not hidden and text.strip():
            yield text.strip()


def refuse_managed(deployed: Deployed) -> None:
    """Return where the backups are ours.

    Raises UserError where AWS makes them.
    """
    if deployed.managed("database"):
        raise UserError(
            f"The database of stack {deployed.stack.name} is RDS, which makes its own backups: it "
            "can go back to any second of the last `snapshotDays` days.\n"
            "  How to restore it: docs/aws.md, Going back with RDS"
        )
