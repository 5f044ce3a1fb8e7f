"""Done before a process is ready, so that its first requests do not wait for it.

A statement is compiled by the first who needs it, and the server side of a new connection knows no
table yet. A release moves all traffic at once: without this, to processes that do all of it then.
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
NOBODY = Caller(id=0, username="", stats_version=0, token_digest="")


async def warm_up(database: Database) -> None:
    """Read what most requests read, as nobody: nothing is found.

    On a few connections, which stay, one after the other: Postgres serves others meanwhile.
    """
    with ExitStack() as open_readers:
        for _ in range(min(CONNECTIONS, database.pool_size)):
            await _read(open_readers.enter_context(database.reader()))
    async with database.session() as session:
        with suppress(TaskNotFound):
            await access.task_for(session, NOBODY, MAX_ID, at_least=Level.EDIT, lock="write")


async def _read(reader: Reader) -> None:
    await reader.row(accounts.IDENTIFY, username=NOBODY.username)
    where, page = task_list.TaskFilter(), task_list.Page()
    await task_list.search(reader, NOBODY, where=where, page=page)
    await stats.compute(reader, NOBODY)
    with suppress(TaskNotFound):
        await access.require_level(reader, NOBODY, MAX_ID, at_least=Level.VIEW)
