"""One writer of a row at a time, in each process.

Postgres would have all others wait with a connection each, and reads wait for a connection behind
them. Here they wait with none, in the order in which they came.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

from app.errors import Unavailable

PATIENCE_SECONDS = 15


class Turns:
    """A queue for each row that is being written."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, row_id: int) -> AsyncGenerator[None]:
        """Waits for those before; raises Unavailable when that takes too long."""
        lock = self._locks.get(row_id)
        if lock is None:
            lock = self._locks[row_id] = asyncio.Lock()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await lock.acquire()
        except TimeoutError as error:
            raise Unavailable("Too many changes of this wait already") from error
        try:
            yield
        finally:
            lock.release()


class HeldTurns:
    """The turns of one session: each is kept until its transaction is over."""

    def __init__(self, turns: Turns, stack: AsyncExitStack) -> None:
        self._turns = turns
        self._stack = stack
        self._rows: set[int] = set()

    async def take(self, *row_ids: int) -> None:
        """Has to come before the session's first statement, which takes a connection.

        In order of id, so that two sessions never wait for each other.
        """
        for row_id in sorted(set(row_ids) - self._rows):
            await self._stack.enter_async_context(self._turns.of(row_id))
            self._rows.add(row_id)
