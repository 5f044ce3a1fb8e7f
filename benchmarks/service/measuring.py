"""Ours and the baseline in turn, operation by operation, on one filled database."""

import statistics
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import redis

from benchmarks.service import recording, server
from benchmarks.service.attack import Attack, attack
from benchmarks.service.filling import Size
from benchmarks.service.operations import Target
from benchmarks.service.server import Server

MISS = "stats miss"
# Far below the time in which the requests for statistics come round to the same user.
FLUSH_SECONDS = 0.01
WARM_UP_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How long and how often."""

    rounds: int
    seconds: float
    connections: int


@dataclass(frozen=True)
class Measured:
    """One attack and the CPU time that the server took for each of its requests, in ms."""

    attack: Attack
    cpu: float


class Measuring:
    """One size. The rounds are interleaved, so that a slow minute of the machine meets both."""

    def __init__(self, plan: Plan, environment: Mapping[str, str], folder: Path) -> None:
        self._plan = plan
        self._environment = environment
        self._folder = folder
        self._redis = redis.Redis.from_url(environment["REDIS_URL"])

    async def run(self, size: Size, targets: Mapping[str, Sequence[Target]]) -> dict[str, Any]:
        """Medians over the rounds, for each operation and both sides."""
        path = self._folder / f"recordings-{size.tasks}"
        recording.save(await recording.record(self._environment, targets, fresh=MISS), path)
        with ExitStack() as stack:
            log = self._folder / "servers.log"
            ours = stack.enter_context(server.service(self._environment, log))
            with_recordings = {**self._environment, "RECORDINGS": str(path)}
            baseline = stack.enter_context(server.baseline(with_recordings, log))
            operations = self._rounds(ours, baseline, targets)
            empty = attack(baseline.url, [Target("GET", "/ready")], **self._how())
            return {
                "operations": operations,
                "memory": ours.memory(),
                "ceiling": asdict(empty),
            }

    def _rounds(
        self, ours: Server, baseline: Server, targets: Mapping[str, Sequence[Target]]
    ) -> dict[str, dict[str, Any]]:
        seen: dict[str, dict[str, list[Measured]]] = {
            name: {"ours": [], "baseline": []} for name in targets
        }
        for number in range(self._plan.rounds):
            print(f"  round {number + 1} of {self._plan.rounds} …", flush=True)
            for name, targets_of in targets.items():
                # One path means other work in another operation.
                recorded = [replace(t, path=f"/{recording.slug(name)}{t.path}") for t in targets_of]
                # The second one finds more of the database in memory.
                sides = [("ours", ours, targets_of), ("baseline", baseline, recorded)]
                for side, which, what in sides if number % 2 == 0 else reversed(sides):
                    seen[name][side].append(self._one(which, what, missing=name == MISS))
        return {
            name: {side: _median(measured) for side, measured in sides.items()}
            for name, sides in seen.items()
        }

    def _one(self, which: Server, targets: Sequence[Target], *, missing: bool) -> Measured:
        with self._forgetting() if missing else ExitStack():
            attack(which.url, targets, **{**self._how(), "seconds": WARM_UP_SECONDS})
            before = which.cpu()
            result = attack(which.url, targets, **self._how())
            return Measured(result, 1000 * (which.cpu() - before) / max(1, result.requests))

    def _how(self) -> dict[str, Any]:
        return {"connections": self._plan.connections, "seconds": self._plan.seconds}

    @contextmanager
    def _forgetting(self) -> Iterator[None]:
        """Empties the cache all the time."""
        over = threading.Event()

        def forget() -> None:
            while not over.wait(FLUSH_SECONDS):
                self._redis.flushdb()

        thread = threading.Thread(target=forget)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()


def _median(measured: Sequence[Measured]) -> dict[str, float]:
    fields = {
        name: statistics.median(getattr(run.attack, name) for run in measured)
        for name in ("rate", "p50", "p99")
    }
    return {
        **fields,
        "cpu": statistics.median(run.cpu for run in measured),
        "requests": sum(run.attack.requests for run in measured),
        "failed": sum(run.attack.failed for run in measured),
    }
