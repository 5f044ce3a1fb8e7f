"""Measure whom logins make wait: `python -m benchmarks.service.logins [--parallel 8] …`.

Calls come at a fixed rate, quietly and beside parallel logins, in turn. Hashing a password takes a
processor for some 25 ms, which must not show in the calls of others.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.service import server
from benchmarks.service.__main__ import environment, migrate
from benchmarks.service.attack import Attack, attack
from benchmarks.service.filling import Size, fill
from benchmarks.service.operations import operations
from benchmarks.table import show
from testkit.backends import backends

SIZE = Size(10_000)
CALLS = ("get", "list 10", "patch")
WARM_UP_SECONDS = 1.0
# More than the calls ever need at their rate.
CONNECTIONS = 32


@dataclass
class Call:
    """The attacks of one kind of call: quiet, and beside logins."""

    quiet: list[Attack] = field(default_factory=list)
    beside: list[Attack] = field(default_factory=list)

    def ratio(self) -> float:
        """The median over rounds of the p99 beside logins to the quiet one of the same round."""
        pairs = zip(self.quiet, self.beside, strict=True)
        return statistics.median(beside.p99 / quiet.p99 for quiet, beside in pairs)


def main() -> int:
    """Fill, measure, print."""
    options = _options()
    calls = {name: Call() for name in CALLS}
    rates: list[float] = []
    with tempfile.TemporaryDirectory() as folder, backends() as stores:
        settings = environment(stores, Path(folder))
        migrate(settings)
        asyncio.run(fill(stores.database_url, SIZE))
        with server.service(settings, Path(folder) / "service.log") as service:
            for name in CALLS:
                _attack(service.url, name, options.rate, WARM_UP_SECONDS)
            for number in range(options.rounds):
                print(f"round {number + 1} of {options.rounds} …", flush=True)
                for name, call in calls.items():
                    quiet = _attack(service.url, name, options.rate, options.seconds)
                    with _logins(service.url, options.parallel, options.seconds) as logins:
                        beside = _attack(service.url, name, options.rate, options.seconds)
                    call.quiet.append(quiet)
                    call.beside.append(beside)
                    rates.append(logins[0].rate)
    _print(options, calls, statistics.median(rates))
    failed = any(attack.failed for call in calls.values() for attack in call.quiet + call.beside)
    if failed:
        print("Requests failed; the times mean nothing.", file=sys.stderr)
    return 1 if failed else 0


def _attack(url: str, name: str, rate: int, seconds: float) -> Attack:
    targets = operations(SIZE)[name]
    return attack(url, targets, connections=CONNECTIONS, seconds=seconds, rate=rate)


@contextmanager
def _logins(url: str, parallel: int, seconds: float) -> Iterator[list[Attack]]:
    """Logs in all the time of the block; the list has the result after it."""
    result: list[Attack] = []

    def log_in() -> None:
        targets = operations(SIZE)["login"]
        result.append(attack(url, targets, connections=parallel, seconds=seconds))

    thread = threading.Thread(target=log_in)
    thread.start()
    try:
        yield result
    finally:
        thread.join()


def _print(options: argparse.Namespace, calls: dict[str, Call], logins: float) -> None:
    rows = [("", "quiet p99 ms", "beside logins", "ratio")]
    for name, call in calls.items():
        quiet, beside = (
            statistics.median(attack.p99 for attack in attacks)
            for attacks in (call.quiet, call.beside)
        )
        rows.append((name, f"{quiet:.1f}", f"{beside:.1f}", f"{call.ratio():.2f}"))
    title = f"{options.rate} calls/s, {options.parallel} parallel logins ({logins:.0f}/s)"
    show(title, rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.service.logins")
    parser.add_argument("--parallel", type=int, default=8, help="logins at the same time")
    parser.add_argument("--rate", type=int, default=50, help="calls per second")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each attack")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
