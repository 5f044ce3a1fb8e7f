"""Backups by hand: make one, try one out; and what the backup container says of them."""

import json
import subprocess
from typing import Any

from cli.deployed import Deployed
from infra.errors import UserError

THERE = "/usr/local/lib/backup"


def backup(deployed: Deployed) -> int:
    """Copy the database and the uploads now."""
    refuse_managed(deployed)
    # One that fails must not keep the other from being copied.
    failed = [what for what in ("database", "uploads") if not succeeds(deployed, "backup", what)]
    return 1 if failed else 0


def drill(deployed: Deployed) -> int:
    """Restore the newest backup beside the live database and prove that it is whole."""
    refuse_managed(deployed)
    return 0 if succeeds(deployed, "drill") else 1


def report(deployed: Deployed, *words: str) -> dict[str, Any]:
    """What infra/scripts/report.sh says."""
    return json.loads(deployed.ask("backup", "bash", f"{THERE}/report.sh", *words))


def succeeds(deployed: Deployed, script: str, *words: str) -> bool:
    """Run a script of the backup container; what it says is shown as it comes."""
    name = deployed.running("backup").name
    command = ["docker", "exec", name, "bash", f"{THERE}/{script}.sh", *words]
    return subprocess.run(command, check=False, env=deployed.environment()).returncode == 0


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
