"""Releases under load, beside two others: `python -m benchmarks.release.under_load`."""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.release import plot
from benchmarks.release.by_hand import ByHand
from benchmarks.release.phases import Span, spans
from benchmarks.release.plain import Plain
from benchmarks.release.record import Record
from benchmarks.release.restoring import restoring
from benchmarks.release.timeline import Timeline
from benchmarks.table import show
from testkit import faults
from testkit.deployment import Deployment, free_port
from testkit.load import Load, add_slow_route, load
from testkit.load_users import load_users
from testkit.stopwatch import seconds

RATE = 250
SLOW_CLIENTS = 4
QUIET_SECONDS = 20.0


def main(arguments: list[str]) -> int:
    """Measure, print a table, draw a picture."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory() as folder:
        ours = Deployment.plan(Path(folder), idle_priority=True)
        ours.create()
        try:
            add_slow_route(ours)
            ours.release()
            timelines, back = _measure(ours, options)
            restores = restoring(ours) if options.restore else []
        finally:
            ours.remove()
    _print(timelines, back)
    if restores:
        show("Restores", restores)
    record = Record.of(timelines, rollback=back)
    record.write(Path(options.record))
    pictures = plot.draw(record, Path(options.record).parent)
    print(f"\nNumbers: {options.record}\nPictures: {', '.join(map(str, pictures))}")
    if options.faults:
        show("Faults", [faults.ROW_TITLES, *(effect.row() for effect in faults.all_in_turn())])
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.release.under_load", description=__doc__
    )
    parser.add_argument("--releases", type=int, default=20)
    parser.add_argument("--requests", type=int, default=100_000, help="the fewest of ours")
    parser.add_argument("--others", type=int, default=3, help="releases of each other way")
    parser.add_argument("--faults", action="store_true", help="recovery from faults too")
    parser.add_argument("--restore", action="store_true", help="restores of the data too")
    parser.add_argument("--record", default="bench-results/release.json")
    return parser.parse_args(arguments)


def _measure(ours: Deployment, options: argparse.Namespace) -> tuple[list[Timeline], float]:
    by_hand = ByHand(ours, free_port())
    by_hand.release()
    plain = Plain(ours, ours.folder / "secrets")
    plain.release()
    mine = Timeline("pulumi up")
    _under_load(mine, ours, ours.url, options, release=lambda: _up(ours, mine))
    back = seconds(lambda: ours.tool("rollback").or_raise(("rollback",)))
    timelines = [mine]
    for way, other in (("stop, then start", by_hand), ("plain pulumi-docker", plain)):
        few = argparse.Namespace(releases=options.others, requests=0)
        timeline = Timeline(way)
        _under_load(timeline, ours, other.url, few, release=other.release)
        timelines.append(timeline)
    plain.program.client.close()
    return timelines, back


def _under_load(
    timeline: Timeline,
    ours: Deployment,
    url: str,
    options: argparse.Namespace,
    *,
    release: Callable[[], object],
) -> None:
    with load(url, rate=RATE, slow=SLOW_CLIENTS, by=load_users(ours.url)) as traffic:
        time.sleep(QUIET_SECONDS)
        for number in range(1, options.releases + 1):
            print(f"{timeline.way}: release {number} of {options.releases} …", flush=True)
            ours.edit("app/main.py", f"# {timeline.way} {number}")
            began = time.monotonic()
            release()
            timeline.releases.append(Span(began, time.monotonic()))
            _rest(traffic, options.requests * number // options.releases)
    timeline.answers = traffic.answers


def _rest(traffic: Load, count: int) -> None:
    """A quiet while after a release, as long as it takes to get to `count` answers."""
    time.sleep(QUIET_SECONDS / 4)
    traffic.wait_for(count, limit=600)


def _up(ours: Deployment, timeline: Timeline) -> None:
    log = ours.folder / "events.json"
    ours.release_logged(log)
    ahead = time.time() - time.monotonic()
    for phase, span in spans(log.read_text()).items():
        shifted = Span(span.begin - ahead, span.end - ahead)
        timeline.phases.setdefault(phase, []).append(shifted)


def _print(timelines: list[Timeline], back: float) -> None:
    rows: list[list[str]] = [["", *(timeline.way for timeline in timelines)]]
    rows.append(["releases", *(str(len(timeline.releases)) for timeline in timelines)])
    rows.append(
        [
            "failed requests",
            *(f"{timeline.failed} of {len(timeline.answers)}" for timeline in timelines),
        ]
    )
    rows.append(["requests a second", *(f"{timeline.rate():.0f}" for timeline in timelines)])
    rows.append(["seconds per release", *(f"{timeline.seconds():.1f}" for timeline in timelines)])
    rows.append(["p99 quiet, ms", *(f"{timeline.quiet():.0f}" for timeline in timelines)])
    rows.append(["p99 in releases, ms", *(f"{timeline.busy():.0f}" for timeline in timelines)])
    rows.append(["ratio", *(f"{timeline.busy() / timeline.quiet():.2f}" for timeline in timelines)])
    for phase, of_phase in timelines[0].phases.items():
        middle = statistics.median(span.end - span.begin for span in of_phase)
        rows.append([f"  {phase}, s", f"{middle:.1f}", *("" for _ in timelines[1:])])
    rows.append(["going back, s", f"{back:.1f}", *("" for _ in timelines[1:])])
    show("Releases under load", rows)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
