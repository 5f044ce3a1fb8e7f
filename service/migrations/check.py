"""Reads the revisions of this release without a database: `python -m migrations.check`.

Exit 5, as in env.py: they end in two heads, or one of them would break or block the release that
serves.
"""

import logging
import sys
from collections.abc import Iterable
from pathlib import Path

from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from migrations import lint

log = logging.getLogger("alembic.taskmanager")

CONFIGURATION = Path(__file__).parents[1] / "alembic.ini"
REFUSED = 5


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


def refuse_dangers(pending: Iterable[Script]) -> None:
    """Return when none of the revisions would break or block the release that serves."""
    refusals = [line for script in pending for line in lint.refused(script)]
    if not refusals:
        return
    log.error("nothing was run: a pending revision would break or block the release that serves:")
    for line in refusals:
        log.error("  %s", line)
    log.error('change it, or give a reason in it: accepted = {"the rule in brackets": "reason"}')
    sys.exit(REFUSED)


def main() -> None:
    """Read every revision: without a database there is no telling which of them are pending."""
    logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(levelname)s %(message)s")
    scripts = ScriptDirectory.from_config(Config(str(CONFIGURATION)))
    refuse_branches(scripts)
    refuse_dangers(reversed(list(scripts.walk_revisions())))


if __name__ == "__main__":
    main()
