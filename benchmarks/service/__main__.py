"""Measure the service: `python -m benchmarks.service [--sizes 10k,1m] [--rounds 3] …`."""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.service import image, report, server
from benchmarks.service.filling import Size, fill
from benchmarks.service.measuring import Measuring, Plan
from benchmarks.service.operations import SECRET, operations
from bootstrap.paths import ROOT
from testkit.backends import Backends, backends

SIZES = {"10k": Size(10_000), "1m": Size(1_000_000)}
RESULTS = ROOT / "bench-results"
STARTS = 5
TAG = "taskmanager-bench-service"


def main() -> int:
    """Fill, measure, print; the numbers and a plot stay in bench-results/."""
    options = _options()
    plan = Plan(rounds=options.rounds, seconds=options.seconds, connections=options.connections)
    sizes = [SIZES[name] for name in options.sizes]
    with tempfile.TemporaryDirectory() as folder, backends() as stores:
        results = asyncio.run(_measured(plan, sizes, stores, Path(folder), options.only))
    # Before anything else can fail.
    print(report.tables(results))
    print(f"\nCPU from start to ready, with the schema there: {results['start']:.2f} s")
    if options.image:
        with image.built(TAG) as built:
            results["image"] = image.megabytes(built)
        print(f"Image: {results['image']:.0f} MB")
    _keep(results)
    failed = [
        operation
        for result in results["sizes"].values()
        for operation, sides in result["operations"].items()
        if any(side["failed"] for side in sides.values())
    ]
    if failed:
        print(f"Requests failed: {', '.join(failed)}; the rates mean nothing.", file=sys.stderr)
    return 1 if failed else 0


async def _measured(
    plan: Plan, sizes: list[Size], stores: Backends, folder: Path, only: list[str] | None
) -> dict[str, Any]:
    settings = environment(stores, folder)
    migrate(settings)
    by_size: dict[str, Any] = {}
    for size in sizes:
        print(f"{size} tasks: filling …", flush=True)
        await fill(stores.database_url, size)
        chosen = {
            name: targets
            for name, targets in operations(size).items()
            if only is None or name in only
        }
        by_size[str(size)] = await Measuring(plan, settings, folder).run(size, chosen)
    return {
        "connections": plan.connections,
        "sizes": by_size,
        "start": _start(settings, folder / "start.log"),
    }


def environment(stores: Backends, folder: Path) -> dict[str, str]:
    """The settings of the measured service."""
    return {
        "ENVIRONMENT": "production",
        "DATABASE_URL": stores.database_url,
        "REDIS_URL": stores.redis_url,
        "SECRET_KEY": SECRET,
        "UPLOAD_DIR": str(folder / "uploads"),
        # Its own counters would be used up within a second.
        "TESTING": "true",
        "METRICS_PORT": "0",
    }


def migrate(settings: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "alembic", "upgrade", "head"]
    subprocess.run(command, cwd=server.SERVICE, env=dict(settings), check=True, capture_output=True)


def _start(settings: Mapping[str, str], log: Path) -> float:
    used: list[float] = []
    for _ in range(STARTS):
        with server.service(settings, log) as started:
            used.append(started.cpu())
    return statistics.median(used)


def _keep(results: dict[str, Any]) -> None:
    RESULTS.mkdir(exist_ok=True)
    name = f"service-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    (RESULTS / f"{name}.json").write_text(json.dumps(results, indent=2) + "\n")
    report.plot(results, RESULTS / f"{name}.svg")
    print(f"Kept: bench-results/{name}.json and .svg")


def _options() -> argparse.Namespace:
    def listed(text: str) -> list[str]:
        return [part.strip() for part in text.split(",")]

    parser = argparse.ArgumentParser(prog="make bench-service", description=__doc__)
    parser.add_argument("--sizes", type=listed, default=list(SIZES), help="10k, 1m or 10k,1m")
    parser.add_argument("--only", type=listed, help="operations, separated by commas")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each attack")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--no-image", dest="image", action="store_false")
    options = parser.parse_args()
    if unknown := [name for name in options.sizes if name not in SIZES]:
        parser.error(f"no size {unknown[0]!r}; there are: {', '.join(SIZES)}")
    return options


if __name__ == "__main__":
    sys.exit(main())
