"""Bounds on the writers of one account and of one row in a process.

A writer that waits for a row's lock in Postgres holds a connection, and all other requests wait for
a free one. Here writers wait without a connection, in the order in which they came.
"""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession

from app.turns import Turns

KEY = "turns"


class WriteTurns:
    """The turns of writers, in the order in which they are taken: account, tasks, connection."""

    def __init__(self, connections: int) -> None:
        # Half of the connections, as every write of an account ends with a lock on its row.
        self._accounts = Turns(
            slots=max(1, connections // 2),
            busy="Too many changes by this account are waiting. Try again",
        )
        self._tasks = Turns(slots=1, busy="Too many changes of this task are waiting. Try again")

    @asynccontextmanager
    async def of(self, account_id: int, *task_ids: int) -> AsyncGenerator[None]:
        """The turn of an account, then those of tasks in order of id: no two can deadlock."""
        async with AsyncExitStack() as held:
            await held.enter_async_context(self._accounts.of(account_id))
            for task_id in sorted(set(task_ids)):
                await held.enter_async_context(self._tasks.of(task_id))
            yield


class SessionTurns:
    """The turns of one session, held until its transaction ends."""

    def __init__(self, turns: WriteTurns, held: AsyncExitStack) -> None:
        self._turns = turns
        self._held = held

    async def take(self, account_id: int, *task_ids: int) -> None:
        """See WriteTurns.of."""
        await self._held.enter_async_context(self._turns.of(account_id, *task_ids))


async def take(session: AsyncSession, account_id: int, *task_ids: int) -> None:
    """Call it once, before the session's first statement, which takes a connection."""
    turns: SessionTurns = session.info[KEY]
    await turns.take(account_id, *task_ids)
