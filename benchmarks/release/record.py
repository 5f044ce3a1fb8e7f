"""The numbers of one run, in a small file from which the pictures can be drawn again."""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.release.timeline import Timeline

TENTHS = 1


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to release, over all of its releases.

    way: its name.
    releases: how many.
    requests, failed: requests under way at any time, and those that failed.
    seconds: of the middle release.
    p99_quiet, p99_releases: 99th percentile of the latency in ms, between and during releases.
    """

    way: str
    releases: int
    requests: int
    failed: int
    seconds: float
    p99_quiet: float
    p99_releases: float


@dataclass(frozen=True, kw_only=True)
class Record:
    """A run; all times in seconds since its first request.

    date: the day, in UTC.
    processors: of the machine, which also ran the clients.
    rate: requests per second while `pulumi up` released.
    ways: `pulumi up` first.
    releases: begin and end of each release of `pulumi up`.
    phases: begin and end of each phase of each release, by the phase's name.
    latency: for each second, the median and the 99th percentile in ms.
    rollback: seconds that `make rollback` took.
    """

    date: str
    processors: int
    rate: float
    ways: Sequence[Way]
    releases: Sequence[tuple[float, float]]
    phases: dict[str, list[tuple[float, float]]]
    latency: Sequence[tuple[float, float, float]]
    rollback: float

    @classmethod
    def of(cls, timelines: Sequence[Timeline], *, rollback: float) -> "Record":
        """The record of a run whose first timeline is that of `pulumi up`."""
        ours = timelines[0]
        medians = dict(ours.by_second(50))
        return cls(
            date=f"{datetime.now(UTC):%Y-%m-%d}",
            processors=os.cpu_count() or 1,
            rate=round(ours.rate(), TENTHS),
            ways=[_way(timeline) for timeline in timelines],
            releases=[_since(ours.began, span.begin, span.end) for span in ours.releases],
            phases={
                phase: [_since(ours.began, span.begin, span.end) for span in spans]
                for phase, spans in ours.phases.items()
            },
            latency=[
                (second, round(medians[second], TENTHS), round(slow, TENTHS))
                for second, slow in ours.by_second(99)
            ],
            rollback=round(rollback, TENTHS),
        )

    def write(self, path: Path) -> None:
        """Write JSON with one measured second a line."""
        head = {key: value for key, value in asdict(self).items() if key != "latency"}
        rows = ",\n  ".join(json.dumps(row) for row in self.latency)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'{json.dumps(head, indent=1)[:-2]},\n "latency": [\n  {rows}\n ]\n}}\n')

    @classmethod
    def read(cls, path: Path) -> "Record":
        """The record that `write` wrote."""
        data = json.loads(path.read_text())
        return cls(**{**data, "ways": [Way(**way) for way in data["ways"]]})


def _way(timeline: Timeline) -> Way:
    return Way(
        way=timeline.way,
        releases=len(timeline.releases),
        requests=len(timeline.answers),
        failed=timeline.failed,
        seconds=round(timeline.seconds(), TENTHS),
        p99_quiet=round(timeline.quiet(), TENTHS),
        p99_releases=round(timeline.busy(), TENTHS),
    )


def _since(began: float, begin: float, end: float) -> tuple[float, float]:
    return round(begin - began, TENTHS), round(end - began, TENTHS)
