"""Bounds on the writers of one account and of one row in a process.

A writer that waits for a row's lock in Postgres holds a connection, and all other requests wait for
a free one. Here writers wait without a connection, in the order in which they came.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Unavailable

WAIT_SECONDS = 15
# Writers of one account or row that wait at the same time, in one process.
LONGEST_QUEUE = 100
KEY = "turns"


class _Queue:
    """The turns of one key."""

    def __init__(self, slots: int) -> None:
        self.free = asyncio.Semaphore(slots)
        self.waiting = 0


class Turns:
    """Queues by a key: of each key, at most `slots` hold a turn at the same time."""

    def __init__(self, *, slots: int, busy: str) -> None:
        self._slots = slots
        # The sentence of an answer to a client that waits no longer.
        self._busy = busy
        self._queues: WeakValueDictionary[int, _Queue] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, key: int) -> AsyncGenerator[None]:
        """Waits for the earlier ones.

        Raises Unavailable after WAIT_SECONDS, or at once behind LONGEST_QUEUE others.
        """
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = _Queue(self._slots)
        if queue.waiting >= LONGEST_QUEUE:
            raise Unavailable(self._busy)
        if queue.free.locked():
            await self._wait(queue)
        else:
            await queue.free.acquire()
        try:
            yield
        finally:
            queue.free.release()

    async def _wait(self, queue: _Queue) -> None:
        queue.waiting += 1
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await queue.free.acquire()
        except TimeoutError as error:
            raise Unavailable(self._busy) from error
        finally:
            queue.waiting -= 1


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
