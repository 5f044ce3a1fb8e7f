"""Runs the migrations, one process at a time and never waiting long for a table.

Nothing runs before every pending revision has been read: what would break the release that serves
is refused. Exit 4: the schema is ahead of this code, which cannot live with it. Exit 5: a revision
is refused.
"""

import asyncio
import logging
import sys
import time
from typing import Any

from alembic import context
from alembic.migration import MigrationContext
from alembic.script import Script
from migrations import history, lint
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.persistence.models import Base
from app.settings import DatabaseSettings, load_or_exit

log = logging.getLogger("alembic.taskmanager")

# Any number will do, as long as every release uses the same.
ONE_AT_A_TIME = 7_210_402_026
WAIT_FOR_ANOTHER = 300.0
ASK_AGAIN = 0.2
# A migration that waits for a table makes every query behind it wait too: better let them through
# and try again.
WAIT_FOR_A_TABLE = "3s"
TRIES = 8
PAUSE_SECONDS = 2.0
LOCK_NOT_AVAILABLE = "55P03"
AHEAD, REFUSED = 4, 5


def migrate(connection: Connection) -> None:
    _refuse_branches()
    _wait_for_another(connection)
    connection.execute(text(f"SET lock_timeout = '{WAIT_FOR_A_TABLE}'"))
    connection.commit()
    scripts = {script.revision: script for script in context.script.walk_revisions()}
    current = MigrationContext.configure(connection).get_current_heads()
    log.info("this release's schema is %s", context.script.get_current_head())
    later = history.ahead(connection, current, scripts.keys())
    connection.commit()
    done = history.ancestors(scripts, later.known if later else current)
    applied = [scripts[revision] for revision in scripts if revision in done]
    pending = [script for script in reversed(scripts.values()) if script not in applied]
    if later:
        _accept(later, pending)
        return
    _read(pending)
    # A database may be older than the record.
    forgotten = history.unrecorded(connection, applied)
    why = lint.reasons([*forgotten, *pending])
    history.keep(connection, forgotten, why)
    connection.commit()

    def remember(step: Any, **_: Any) -> None:
        history.keep(connection, [scripts[step.up_revision_id]], why)

    _run(connection, remember)


def _refuse_branches() -> None:
    """Two heads are two schemas, and this code can need one of them only."""
    heads = sorted(context.script.get_heads())
    if len(heads) > 1:
        log.error(
            "the revisions end in %s heads: %s. Nothing was run. Fix: alembic merge -m merge %s",
            len(heads),
            ", ".join(heads),
            " ".join(heads),
        )
        sys.exit(REFUSED)


def _wait_for_another(connection: Connection) -> None:
    """Asks again and again: a statement that waits would be waited for by a concurrent index."""
    deadline = time.monotonic() + WAIT_FOR_ANOTHER
    ask = text("SELECT pg_try_advisory_lock(:key)")
    while not connection.scalar(ask, {"key": ONE_AT_A_TIME}):
        connection.commit()
        if time.monotonic() > deadline:
            log.error("another migration still runs after %.0f s", WAIT_FOR_ANOTHER)
            sys.exit(1)
        time.sleep(ASK_AGAIN)
    connection.commit()


def _accept(later: history.Ahead, pending: list[Script]) -> None:
    """Going back to an earlier release is fine when everything since has only added."""
    names = ", ".join(later.revisions)
    if later.refusals:
        log.error(
            "the database is at %s, and this release cannot serve what came after its own schema:",
            names,
        )
        for line in later.refusals:
            log.error("  %s", line)
        sys.exit(AHEAD)
    if pending:
        log.error(
            "the database is at %s, which this release does not have, and lacks %s, which it "
            "needs: both follow the same revision. Fix: alembic merge, with both in the code",
            names,
            ", ".join(script.revision for script in pending),
        )
        sys.exit(AHEAD)
    log.info("the schema is ahead, at %s, and only added to: nothing to do", names)


def _read(pending: list[Script]) -> None:
    found = [line for script in pending for line in lint.refused(script)]
    if not found:
        return
    log.error("nothing was run: a pending revision would hurt the release that serves:")
    for line in found:
        log.error("  %s", line)
    log.error('change it, or say why in the revision: accepted = {"the rule in brackets": "why"}')
    sys.exit(REFUSED)


def _run(connection: Connection, remember: Any) -> None:
    """Run what is pending; a table that is in use is tried again, with pauses in between."""
    tries = int(context.get_x_argument(as_dictionary=True).get("tries", TRIES))
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
        on_version_apply=remember,
    )
    for left in reversed(range(tries)):
        try:
            with context.begin_transaction():
                context.run_migrations()
            return
        except DBAPIError as error:
            connection.rollback()
            if not left or getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            log.info("a table is in use; %s more tries", left)
            time.sleep(PAUSE_SECONDS)


async def connect_and_migrate() -> None:
    dsn = load_or_exit(DatabaseSettings).dsn
    engine = create_async_engine(dsn, poolclass=NullPool, hide_parameters=True)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(levelname)s %(message)s")
asyncio.run(connect_and_migrate())
