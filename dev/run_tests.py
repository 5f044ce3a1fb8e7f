"""Run the test stages in order and say how long each took: `python -m dev.run_tests [stage …]`."""

import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

# Two modules of tests at a time; the tests of one module stay in order, in one process. End to end,
# tests/e2e/conftest.py says what stays together.
PAIRED = "-n 2 --dist loadfile"
STAGES = {
    "lint": ["ruff check .", "ruff format --check .", "python -m dev.lint"],
    "types": ["basedpyright"],
    "unit": [f"pytest tests/infra tests/contract tests/cli tests/bootstrap tests/dev {PAIRED}"],
    "service": ["pytest tests/service"],
    "e2e": ["python -m bootstrap compose", f"pytest tests/e2e {PAIRED} --durations=20"],
}


def main(chosen: list[str]) -> int:
    """Run the `chosen` stages, all if none; the result is the exit status."""
    unknown = [name for name in chosen if name not in STAGES]
    if unknown:
        print(f"No test stage {unknown[0]!r}; there are: {' '.join(STAGES)}", file=sys.stderr)
        return 2
    taken: dict[str, float] = {}
    failed: list[str] = []
    with tempfile.TemporaryDirectory() as reports:
        for stage in chosen or STAGES:
            print(f"\n── {stage} ──", flush=True)
            started = time.monotonic()
            if not all(_succeeds(command, Path(reports)) for command in STAGES[stage]):
                failed.append(stage)
            taken[stage] = time.monotonic() - started
        good, bad, skipped = _count(Path(reports))
    _summary(taken, failed)
    print(f"{good} passed, {bad} failed, {skipped} skipped")
    return 1 if failed else 0


def _succeeds(command: str, reports: Path) -> bool:
    words = command.split()
    if words[0] == "pytest":
        words.append(f"--junitxml={reports / Path(words[1]).name}.xml")
    return subprocess.run(words, check=False).returncode == 0


def _count(reports: Path) -> tuple[int, int, int]:
    suites = [
        suite
        for report in reports.glob("*.xml")
        # Written by our own pytest a moment ago.
        for suite in ElementTree.parse(report).iter("testsuite")  # noqa: S314
    ]
    total, bad, skipped = (
        sum(int(suite.get(key, 0)) for suite in suites for key in keys)
        for keys in (("tests",), ("failures", "errors"), ("skipped",))
    )
    return total - bad - skipped, bad, skipped


def _summary(taken: dict[str, float], failed: list[str]) -> None:
    print("\nStage    Time")
    for stage, seconds in taken.items():
        mark = "FAILED" if stage in failed else "ok"
        print(f"{stage:<8} {int(seconds // 60)} min {int(seconds % 60):2d} s  {mark}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
