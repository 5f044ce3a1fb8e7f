"""At most one writer of a row in a process.

A writer that waits for a row's lock in Postgres holds a connection, and reads wait for a free one.
Here writers wait without a connection, in the order in which they came.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

from app.errors import Unavailable

WAIT_SECONDS = 15


class Turns:
    """A queue per row."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, row_id: int) -> AsyncGenerator[None]:
        """Waits for the earlier writers; raises Unavailable after WAIT_SECONDS."""
        lock = self._locks.get(row_id)
        if lock is None:
            lock = self._locks[row_id] = asyncio.Lock()
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await lock.acquire()
        except TimeoutError as error:
            raise Unavailable("Too many changes of this task are waiting. Try again") from error
        try:
            yield
        finally:
            lock.release()


class HeldTurns:
    """The turns of one session, held until its transaction ends."""

    def __init__(self, turns: Turns, stack: AsyncExitStack) -> None:
        self._turns = turns
        self._stack = stack
        self._rows: set[int] = set()

    async def take(self, *row_ids: int) -> None:
        """Call it before the session's first statement, which takes a connection.

        In order of id, so that two sessions cannot deadlock.
        """
        for row_id in sorted(set(row_ids) - self._rows):
            await self._stack.enter_async_context(self._turns.of(row_id))
            self._rows.add(row_id)
