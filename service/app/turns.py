"""Queues in a process: few hold a turn at the same time, and all others wait in order."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

from app.errors import Unavailable

WAIT_SECONDS = 15
# Of one key, in one process.
LONGEST_QUEUE = 100


class _Queue:
    """The turns of one key."""

    def __init__(self, slots: int) -> None:
        self.free = asyncio.Semaphore(slots)
        self.waiting = 0


class Turns:
    """Queues by a key: of each key, at most `slots` hold a turn, and at most `longest` wait."""

    def __init__(self, *, slots: int, busy: str, longest: int | None = None) -> None:
        self._slots = slots
        # The sentence of an answer to a client that waits no longer.
        self._busy = busy
        self._longest = LONGEST_QUEUE if longest is None else longest
        self._queues: WeakValueDictionary[int, _Queue] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, key: int) -> AsyncGenerator[None]:
        """Waits for the earlier ones.

        Raises Unavailable after WAIT_SECONDS, or at once where the queue is full.
        """
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = _Queue(self._slots)
        if queue.free.locked():
            await self._wait(queue)
        else:
            await queue.free.acquire()
        try:
            yield
        finally:
            queue.free.release()

    async def _wait(self, queue: _Queue) -> None:
        if queue.waiting >= self._longest:
            raise Unavailable(self._busy)
        queue.waiting += 1
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await queue.free.acquire()
        except TimeoutError as error:
            raise Unavailable(self._busy) from error
        finally:
            queue.waiting -= 1
