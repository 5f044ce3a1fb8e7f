"""The pictures of releases under load: drawn from committed numbers, and readable."""

import re
from datetime import date
from pathlib import Path

import pytest
from pygal import svg

from benchmarks.release import plot
from benchmarks.release.record import Record, Way


def _way(name: str, failed: int) -> Way:
    return Way(
        way=name,
        releases=4,
        requests=1000,
        failed=failed,
        seconds=10.0,
        p99_quiet=20.0,
        p99_releases=40.0,
    )


@pytest.fixture
def record() -> Record:
    """Four releases of 10 s, 5 s apart; one slow second in the first."""
    releases = [(20.0 + 15 * number, 30.0 + 15 * number) for number in range(4)]
    return Record(
        date="2026-01-01",
        processors=2,
        rate=100.0,
        ways=[_way("pulumi up", 0), _way("stop, then start", 40)],
        releases=releases,
        phases={"build": releases},
        latency=[(float(at), 5.0, 900.0 if at == 25 else 20.0) for at in range(100)],
        rollback=10.0,
    )


def test_a_record_is_read_as_it_was_written(record: Record, tmp_path: Path) -> None:
    file = tmp_path / "record.json"
    record.write(file)
    written = file.read_text()
    Record.read(file).write(file)
    assert file.read_text() == written
    assert Record.read(file).ways == record.ways


def test_the_picture_shows_whole_releases_only(record: Record) -> None:
    begin, end = plot.window(record.releases)
    for first, last in record.releases:
        whole = begin <= first and last <= end
        outside = last <= begin or end <= first
        assert whole or outside


def test_the_slowest_second_is_inside_the_frame(record: Record, tmp_path: Path) -> None:
    plot.latency(record, tmp_path / "latency.svg")
    svg = (tmp_path / "latency.svg").read_text()
    # The second line, after one area: the x and y of its points, from the upper edge of the frame.
    [points] = re.findall(r'<g class="series serie-2 color-2"><path d="M([^"]+)"', svg)
    heights = [float(point.split()[1]) for point in re.findall(r"[\d.-]+ [\d.-]+", points)]
    assert len(heights) > 50
    assert min(heights) > 0, "the line is cut off"


def test_each_way_is_in_the_comparison_with_its_failed_requests(
    record: Record, tmp_path: Path
) -> None:
    plot.comparison(record, tmp_path / "comparison.svg")
    svg = (tmp_path / "comparison.svg").read_text()
    assert "pulumi up: 0 of 1,000" in svg
    assert "stop, then start: 40 of 1,000" in svg


def test_the_same_numbers_make_the_same_picture_on_every_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Later(date):
        @classmethod
        def today(cls) -> "Later":
            return cls(2031, 1, 1)

    before = [picture.read_text() for picture in plot.draw(Record.read(plot.COMMITTED), tmp_path)]
    monkeypatch.setattr(svg, "date", Later)
    after = [picture.read_text() for picture in plot.draw(Record.read(plot.COMMITTED), tmp_path)]
    assert after == before


def test_the_committed_pictures_are_those_of_the_committed_numbers(tmp_path: Path) -> None:
    for picture in plot.draw(Record.read(plot.COMMITTED), tmp_path):
        committed = plot.COMMITTED.with_name(picture.name)
        assert picture.read_text() == committed.read_text(), (
            "Fix: python -m benchmarks.release.plot"
        )
