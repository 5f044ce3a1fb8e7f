"""Compiles statements and opens connections before a process is ready.

A statement is compiled at its first use, and a new connection has no table in its caches. A release
moves all traffic at once, so without this all first requests would wait for both.
"""

from contextlib import ExitStack, suppress

from app.errors import TaskNotFound
from app.persistence.database import Database
from app.persistence.models import MAX_ID
from app.persistence.read_queries import Reader
from app.services import access, accounts, stats, task_list
from app.services.access import Level
from app.services.accounts import Caller

CONNECTIONS = 4
NO_CALLER = Caller(id=0, username="", stats_version=0, token_digest="")


async def warm_up(database: Database) -> None:
    """Runs the most frequent statements for a caller that does not exist.

    On a few connections, one after the other, so that Postgres can serve other clients meanwhile.
    """
    with ExitStack() as open_readers:
        for _ in range(min(CONNECTIONS, database.pool_size)):
            await _read(open_readers.enter_context(database.reader()))
    async with database.session() as session:
        with suppress(TaskNotFound):
            await access.task_for(session, NO_CALLER, MAX_ID, at_least=Level.EDIT, lock="write")


async def _read(reader: Reader) -> None:
    await reader.row(accounts.IDENTIFY, username=NO_CALLER.username)
    where, page = task_list.TaskFilter(), task_list.Page()
    await task_list.search(reader, NO_CALLER, where=where, page=page)
    await stats.compute(reader, NO_CALLER)
    with suppress(TaskNotFound):
        await access.require_level(reader, NO_CALLER, MAX_ID, at_least=Level.VIEW)
