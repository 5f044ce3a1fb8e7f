"""The screen of a long run: a line per step, and signs of life in between."""

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

HEARTBEAT_SECONDS = 20.0
TICK_SECONDS = 1.0


def elapsed(seconds: float) -> str:
    """Seconds as a person reads them: 0.4 s, 12 s, 3 min 05 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60:02d} s"


@dataclass
class Step:
    """One step under way; `outcome` is what its line says when it is done."""

    title: str
    outcome: str = "done"
    began: float = field(default_factory=time.monotonic)

    def seconds(self) -> float:
        return time.monotonic() - self.began


class Console:
    """Prints steps; several may run at once. On a terminal the last line counts the time.

    A quiet one leaves out what took no time.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        *,
        heartbeat: float = HEARTBEAT_SECONDS,
        quiet: bool = False,
    ) -> None:
        self._quiet = quiet
        self._stream = stream or sys.stdout
        self._live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        self._colour = self._live and "NO_COLOR" not in os.environ
        self._period = TICK_SECONDS if self._live else heartbeat
        self._lock = threading.RLock()
        self._running: list[Step] = []

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Run the body as a step; a failure's line says so and the error goes on."""
        step = Step(title)
        with self._lock:
            self._running.append(step)
        done = threading.Event()
        beat = threading.Thread(target=self._beat, args=(step, done), daemon=True)
        beat.start()
        try:
            yield step
        except BaseException:
            self._finish(step, done, "failed", "31")
            raise
        self._finish(step, done, step.outcome, "32")

    def line(self, text: str) -> None:
        """Print a line of its own, above the running steps."""
        with self._lock:
            self._clear()
            print(text, file=self._stream, flush=True)

    def _finish(self, step: Step, done: threading.Event, outcome: str, colour: str) -> None:
        with self._lock:
            done.set()
            self._running.remove(step)
            if self._quiet and step.seconds() < 1 and outcome != "failed":
                return
            time_taken = f"  ({elapsed(step.seconds())})" if step.seconds() >= 1 else ""
            self.line(
                f"{self._paint(step.title, colour):<{self._width(24)}}  {outcome}{time_taken}"
            )

    def _beat(self, step: Step, done: threading.Event) -> None:
        while not done.wait(self._period):
            with self._lock:
                # With two at once the first speaks for both.
                if done.is_set() or self._running[0] is not step:
                    continue
                now = ", ".join(f"{one.title} {elapsed(one.seconds())}" for one in self._running)
                if self._live:
                    self._clear()
                    print(f"… {now}", end="", file=self._stream, flush=True)
                else:
                    print(f"… still at it: {now}", file=self._stream, flush=True)

    def _clear(self) -> None:
        if self._live:
            print("\r\x1b[K", end="", file=self._stream)

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colour else text

    def _width(self, plain: int) -> int:
        return plain + (len("\x1b[32m\x1b[0m") if self._colour else 0)
