"""Runs the migrations, one process at a time and never waiting long for a table.

All pending revisions are checked before the first one runs; one that would break the release that
serves is refused. Exit 4: the schema is ahead of this code, which cannot use it. Exit 5: a revision
is refused. Exit 6: another session uses a table that a revision needs. Exit 7: other revisions
than these built the database.
"""

import asyncio
import logging
import sys
import time
from pathlib import Path
from typing import Any

from alembic import context
from alembic.migration import MigrationContext
from alembic.script import Script
from migrations import check, history, identity, lint, table_users
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.persistence.models import Base
from app.settings import DatabaseSettings, load_or_exit

log = logging.getLogger("alembic.taskmanager")

# Any number, but the same in every release.
LOCK_KEY = 7_210_402_026
LOCK_WAIT_SECONDS = 300.0
LOCK_RETRY_SECONDS = 0.2
# A migration that waits for a table blocks all later queries on it: it gives up and tries again.
TABLE_WAIT = "3s"
TRIES = 8
PAUSE_SECONDS = 2.0
SHOWN_CHARACTERS = 200
LOCK_NOT_AVAILABLE = "55P03"
AHEAD, LOCKED = 4, 6


def migrate(connection: Connection) -> None:
    """Checks and runs the pending revisions."""
    check.refuse_branches(context.script)
    _take_lock(connection)
    connection.execute(text(f"SET lock_timeout = '{TABLE_WAIT}'"))
    connection.commit()
    scripts = {script.revision: script for script in context.script.walk_revisions()}
    current = MigrationContext.configure(connection).get_current_heads()
    log.info("this release's schema is %s", context.script.get_current_head())
    recorded = history.rows(connection)
    later = history.ahead(recorded, current, scripts.keys())
    done = history.ancestors(scripts, later.known if later else current)
    applied = [scripts[revision] for revision in scripts if revision in done]
    pending = [script for script in reversed(scripts.values()) if script not in applied]
    check.refuse_foreign(
        history.foreign(recorded, later, scripts.keys())
        + identity.differences(connection, reversed(applied), recorded)
    )
    if later:
        _accept(later, pending)
        return
    check.refuse_dangers(pending, history.held(connection))
    # The database may be older than its history table.
    unrecorded = history.unrecorded(connection, applied, recorded)
    reasons = lint.reasons([*unrecorded, *pending])
    history.keep(connection, unrecorded, reasons)
    connection.commit()

    waiting = list(pending)

    def remember(step: Any, **_: Any) -> None:
        script = scripts[step.up_revision_id]
        log.info("revision %s (%s) ran", script.revision, Path(script.path).name)
        history.keep(connection, [script], reasons)
        waiting.remove(script)

    try:
        _run(connection, remember)
    except Exception as error:
        _tell(waiting, error)
        raise


def _tell(waiting: list[Script], error: Exception) -> None:
    """Names the revision that failed, its file and the reason, on a line of their own."""
    if not waiting:
        return
    failed, cause = waiting[0], error
    statement = ""
    if isinstance(error, DBAPIError):
        cause = (error.orig and error.orig.__cause__) or error.orig or error
        statement = f", in: {' '.join((error.statement or '').split())[:SHOWN_CHARACTERS]}"
    reason = " ".join(str(cause).split()) or type(cause).__name__
    log.error(
        "revision %s (%s) failed: %s%s", failed.revision, Path(failed.path).name, reason, statement
    )


def _take_lock(connection: Connection) -> None:
    """Takes the lock by polling: CREATE INDEX CONCURRENTLY would wait for a waiting statement."""
    deadline = time.monotonic() + LOCK_WAIT_SECONDS
    ask = text("SELECT pg_try_advisory_lock(:key)")
    while not connection.scalar(ask, {"key": LOCK_KEY}):
        connection.commit()
        if time.monotonic() > deadline:
            log.error("another migration still runs after %.0f s", LOCK_WAIT_SECONDS)
            sys.exit(1)
        time.sleep(LOCK_RETRY_SECONDS)
    connection.commit()


def _accept(later: history.Ahead, pending: list[Script]) -> None:
    """Accepts a later schema whose revisions only added something; exits otherwise."""
    names = ", ".join(later.revisions)
    if later.refusals:
        log.error(
            "the database is at %s, and this release cannot serve with revisions after its own:",
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
    log.info("the schema is ahead, at %s, and was only added to: nothing to do", names)


def _run(connection: Connection, remember: Any) -> None:
    """Runs the pending revisions; tries again, after a pause, while a table is in use."""
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
        except DBAPIError as error:
            connection.rollback()
            if getattr(error.orig, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            if not left:
                _give_up(connection, tries)
            log.info("a table is in use; %s more tries", left)
            time.sleep(PAUSE_SECONDS)
        else:
            history.protect(connection)
            connection.commit()
            return


def _give_up(connection: Connection, tries: int) -> None:
    log.error(
        "a table is in use, by a session that did not let it go in %s tries of %s. The revision "
        "was not applied.",
        tries,
        TABLE_WAIT,
    )
    for line in table_users.describe(connection):
        log.error("  %s", line)
    sys.exit(LOCKED)


async def connect_and_migrate() -> None:
    """Runs `migrate` on a connection of its own."""
    dsn = load_or_exit(DatabaseSettings).dsn
    engine = create_async_engine(dsn, poolclass=NullPool, hide_parameters=True)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(levelname)s %(message)s")
# Alembic's own lines would come before the reason of a refusal.
logging.getLogger("alembic.runtime").setLevel(logging.WARNING)
asyncio.run(connect_and_migrate())
