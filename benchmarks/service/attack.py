"""Load from vegeta: a fixed number of connections, each with one request under way at a time."""

import base64
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.service.operations import Target
from bootstrap import cache
from bootstrap.offline import go

MODULE = Path(__file__).parent / "vegeta"
PACKAGE = "github.com/tsenart/vegeta/v12"
NANOSECONDS = 1e9


@dataclass(frozen=True)
class Attack:
    """The result of one attack; times in milliseconds, the rate in requests per second."""

    rate: float
    p50: float
    p99: float
    requests: int
    failed: int


def program() -> Path:
    """Vegeta, built from its Go module once."""

    def make(directory: Path) -> None:
        go.build(MODULE, PACKAGE, directory / "vegeta", what="Building vegeta")

    version = cache.fingerprint([MODULE])
    return cache.made(f"vegeta-{version}", make) / "vegeta"


def attack(
    url: str, targets: Sequence[Target], *, connections: int, seconds: float, rate: int = 0
) -> Attack:
    """The targets in turn, over and over: `rate` per second, or as fast as the answers come."""
    lines = "".join(f"{_line(url, target)}\n" for target in targets)
    count = str(connections)
    command = [
        *(program(), "attack", "-format=json", "-lazy=false"),
        *(f"-rate={rate}", f"-duration={seconds}s"),
        *("-workers", count, "-max-workers", count, "-connections", count, "-timeout=30s"),
    ]
    results = subprocess.run(command, input=lines.encode(), capture_output=True, check=True)
    report = subprocess.run(
        [program(), "report", "-type=json"], input=results.stdout, capture_output=True, check=True
    )
    result = json.loads(report.stdout)
    total = result["requests"]
    return Attack(
        # Of the answers: vegeta's own `rate` counts the requests that it sent.
        rate=total / ((result["duration"] + result["wait"]) / NANOSECONDS),
        p50=result["latencies"]["50th"] / 1e6,
        p99=result["latencies"]["99th"] / 1e6,
        requests=total,
        failed=round(total * (1 - result["success"])),
    )


def _line(url: str, target: Target) -> str:
    headers = {"Authorization": [f"Bearer {target.token}"]} if target.token else {}
    line: dict[str, Any] = {"method": target.method, "url": url + target.path, "header": headers}
    if target.body is not None:
        headers["Content-Type"] = ["application/json"]
        line["body"] = base64.b64encode(json.dumps(target.body).encode()).decode()
    return json.dumps(line)
