"""Runs the migrations, one process at a time and never waiting long for a table."""

import asyncio
import logging
import sys

from alembic import context
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from app.models import Base
from app.settings import DatabaseSettings, load_or_exit

log = logging.getLogger("alembic.taskmanager")

# Any number will do, as long as every release uses the same.
ONE_AT_A_TIME = 7_210_402_026
WAIT_FOR_ANOTHER = "5min"
# A migration that waits for a table makes every query behind it wait too: better fail and retry.
WAIT_FOR_A_TABLE = "5s"


def migrate(connection: Connection) -> None:
    connection.execute(text(f"SET lock_timeout = '{WAIT_FOR_ANOTHER}'"))
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": ONE_AT_A_TIME})
    connection.execute(text(f"SET lock_timeout = '{WAIT_FOR_A_TABLE}'"))
    connection.commit()
    if ahead(connection):
        return
    context.configure(
        connection=connection, target_metadata=Base.metadata, transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()


def ahead(connection: Connection) -> bool:
    """Whether a later release has migrated already: going back to this one must not fail."""
    known = {script.revision for script in context.script.walk_revisions()}
    unknown = set(MigrationContext.configure(connection).get_current_heads()) - known
    connection.commit()
    if unknown:
        log.info("the schema is ahead, at %s: nothing to do", ", ".join(unknown))
    return bool(unknown)


async def connect_and_migrate() -> None:
    dsn = load_or_exit(DatabaseSettings).dsn
    engine = create_async_engine(dsn, poolclass=NullPool, hide_parameters=True)
    async with engine.connect() as connection:
        await connection.run_sync(migrate)
        await connection.commit()
    await engine.dispose()


logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(levelname)s %(message)s")
asyncio.run(connect_and_migrate())
