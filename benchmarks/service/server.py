"""The service and the baseline as processes, with their CPU time and memory."""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bootstrap.paths import ROOT
from testkit.deployment import free_port

SERVICE = ROOT / "service"
START_LIMIT = 30
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """One uvicorn worker."""

    process: subprocess.Popen[bytes]
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cpu(self) -> float:
        """CPU seconds it has used since its start."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self) -> float:
        """Megabytes of its own: pages it shares with other processes count in part."""
        lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines()
        [kilobytes] = [line.split()[1] for line in lines if line.startswith("Pss:")]
        return int(kilobytes) / 1024


@contextmanager
def service(environment: Mapping[str, str], log: Path) -> Iterator[Server]:
    """As its image starts it, on a port of loopback."""
    port = free_port()
    script = (SERVICE / "entrypoint.sh").read_text()
    command = script.replace("0.0.0.0 --port 8000", f"127.0.0.1 --port {port}")
    with _running(["sh", "-c", command], SERVICE, environment, log=log, port=port) as server:
        yield server


@contextmanager
def baseline(environment: Mapping[str, str], log: Path) -> Iterator[Server]:
    """With the service's own server and event loop."""
    port = free_port()
    command = [
        *("uvicorn", "benchmarks.service.baseline:create", "--factory", "--host", "127.0.0.1"),
        *("--port", str(port), "--loop", "uvloop", "--http", "httptools"),
        *("--no-proxy-headers", "--no-access-log", "--no-server-header"),
    ]
    with _running(command, ROOT, environment, log=log, port=port) as server:
        yield server


@contextmanager
def _running(
    command: list[str], folder: Path, environment: Mapping[str, str], *, log: Path, port: int
) -> Iterator[Server]:
    full = {"PATH": os.environ["PATH"], **environment}
    with log.open("ab") as output:
        process = subprocess.Popen(command, cwd=folder, env=full, stdout=output, stderr=output)
        try:
            _ready(process, port, log)
            yield Server(process, port)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(START_LIMIT)


def _ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise RuntimeError(f"A server did not become ready:\n{log.read_text()[-2000:]}")
