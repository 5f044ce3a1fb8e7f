"""The answers over time, and the phases of the releases."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil

from benchmarks.release.phases import Span
from testkit.load import SLOW_PATH, Answer


@dataclass
class Timeline:
    """The `answers` to one way's load, and its releases; times are monotonic seconds."""

    way: str
    answers: Sequence[Answer] = ()
    releases: list[Span] = field(default_factory=list)
    phases: dict[str, list[Span]] = field(default_factory=dict)

    @property
    def failed(self) -> int:
        return sum(answer.failed for answer in self.answers)

    def rate(self) -> float:
        """Requests a second that were answered, over the whole of it."""
        return len(self.answers) / (max(answer.ended for answer in self.answers) - self.began)

    def quiet(self) -> float:
        """The 99th percentile, in milliseconds, while no release was under way."""
        return percentile(self._latencies(lambda answer: not self._during(answer)), 99)

    def busy(self) -> float:
        """The same during releases."""
        return percentile(self._latencies(self._during), 99)

    def seconds(self) -> float:
        """How long a release takes, the middle one."""
        return statistics.median(span.end - span.begin for span in self.releases)

    def by_second(self, share: int) -> list[tuple[float, float]]:
        """The `share`th percentile of every second of the load: (second, milliseconds)."""
        began = self.began
        bins: dict[int, list[float]] = {}
        for answer in filter(_is_quick, self.answers):
            bins.setdefault(int(answer.began - began), []).append(_milliseconds(answer))
        return [(float(at), percentile(latencies, share)) for at, latencies in sorted(bins.items())]

    @property
    def began(self) -> float:
        return min(answer.began for answer in self.answers)

    def _latencies(self, which: Callable[[Answer], bool]) -> list[float]:
        chosen = (answer for answer in self.answers if _is_quick(answer) and which(answer))
        return [_milliseconds(answer) for answer in chosen]

    def _during(self, answer: Answer) -> bool:
        return any(answer.began < span.end and answer.ended > span.begin for span in self.releases)


def percentile(values: Sequence[float], share: int) -> float:
    """The value that `share` percent do not exceed; 0 for none."""
    if not values:
        return 0.0
    return sorted(values)[ceil(len(values) * share / 100) - 1]


def _is_quick(answer: Answer) -> bool:
    # A refused connection is quick too, and tells nothing of how long an answer takes.
    return not answer.failed and not answer.request.endswith(SLOW_PATH)


def _milliseconds(answer: Answer) -> float:
    return (answer.ended - answer.began) * 1000
