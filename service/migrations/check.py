"""Reads the revisions of this release without a database: `python -m migrations.check`.

Exit 5, as in env.py: they end in two heads, or one of those that the database has not run would
break or block the release that serves. The file that HOLDS_FILE names says what the database holds;
without it, or for a database that is ahead, only the heads are read.
"""

import json
import logging
import os
import sys
from collections.abc import Iterable, Set
from pathlib import Path

from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from migrations import history, identity, lint

log = logging.getLogger("alembic.taskmanager")

CONFIGURATION = Path(__file__).parents[1] / "alembic.ini"
REFUSED, FOREIGN = 5, 7


def refuse_branches(scripts: ScriptDirectory) -> None:
    """Return when there is one head; two are two schemas, and the code can need one only."""
    heads = sorted(scripts.get_heads())
    if len(heads) > 1:
        log.error(
            "the revisions end in %s heads: %s. Nothing was run. Fix: alembic merge -m merge %s",
            len(heads),
            ", ".join(heads),
            " ".join(heads),
        )
        sys.exit(REFUSED)


def refuse_dangers(pending: Iterable[Script], held: Set[str]) -> None:
    """Return when none of the revisions would break or block the release that serves.

    `held` are the names of the tables, indexes and the like in the database.
    """
    report = lint.report(pending, held)
    if report.refusals:
        log.error(
            "nothing was run: pending revisions would break or block the release that serves:"
        )
        for line in report.refusals:
            log.error("  %s", line)
        log.error(
            'change it, or give a reason in it: accepted = {"the rule in brackets": "reason"}'
        )
    for line in report.notes:
        log.warning("  only a note: %s", line)
    if report.refusals:
        sys.exit(REFUSED)


def refuse_foreign(differences: list[str]) -> None:
    """Return when these revisions built the database; its tables may be another app's if not."""
    if not differences:
        return
    log.error("other revisions than those of this release built the database; nothing was run:")
    for line in differences:
        log.error("  %s", line)
    log.error(
        "another app's: give this one an empty database. Revisions that were only edited since: "
        'give a reason in each: accepted = {"%s": "reason"}',
        identity.RULE,
    )
    sys.exit(FOREIGN)


def main() -> None:
    """Read the revisions that the database has not run."""
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(levelname)s %(message)s")
    scripts = ScriptDirectory.from_config(Config(str(CONFIGURATION)))
    refuse_branches(scripts)
    if not (file := os.environ.get("HOLDS_FILE")):
        return
    holds = json.loads(Path(file).read_text(encoding="utf-8"))
    known = {script.revision: script for script in scripts.walk_revisions()}
    if not known.keys() >= set(holds["heads"]):
        return
    done = history.ancestors(known, holds["heads"])
    pending = [script for revision, script in known.items() if revision not in done]
    refuse_dangers(reversed(pending), set(holds["relations"]))


if __name__ == "__main__":
    main()
