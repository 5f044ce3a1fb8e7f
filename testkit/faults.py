"""Faults of a host, done to a deployment on a Docker Engine of its own, without any warning."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from bootstrap import cache, images
from testkit import docker_engines
from testkit.deployment import Deployment
from testkit.load import Load, load

ENGINE = "faults"
DISK_BYTES = 10 << 30
WARM_UP_ANSWERS = 100
GOOD_ANSWERS = 100
RECOVERY_LIMIT_SECONDS = 90
FULL_SECONDS = 8


@dataclass(frozen=True)
class Fault:
    """One fault.

    name: as docs/failures.md lists it.
    cause: a function that causes it, and does the part of the host's init system.
    stays_up: requests that must be answered throughout.
    """

    name: str
    cause: Callable[[Deployment], None]
    stays_up: tuple[str, ...] = ()


@dataclass(frozen=True)
class Effect:
    """The effect of the fault with the name `fault`.

    asked, failed: requests from the fault on.
    by_request: failed requests by method and path.
    seconds: from the fault to the last failed answer.
    recovered: whether all requests were answered again in time.
    lost: comments that were acknowledged and are gone; -1 if it did not recover.
    """

    fault: str
    asked: int
    failed: int
    by_request: dict[str, int]
    seconds: float
    recovered: bool
    lost: int

    def row(self) -> tuple[str, ...]:
        time_taken = f"{self.seconds:.1f} s" if self.recovered else "never"
        return self.fault, f"{self.failed} of {self.asked}", time_taken, str(self.lost)


ROW_TITLES = ("fault", "failed requests", "all is answered again after", "rows lost")


def measure(deployment: Deployment, fault: Fault) -> Effect:
    """Cause `fault` under load, wait until every request is answered again, and count."""
    with load(deployment.url) as traffic:
        traffic.wait_for(WARM_UP_ANSWERS)
        began = time.monotonic()
        fault.cause(deployment)
        recovered = _recovers(traffic)
    failed = [answer for answer in traffic.failures if answer.ended >= began]
    by_request: dict[str, int] = {}
    for answer in failed:
        by_request[answer.request] = by_request.get(answer.request, 0) + 1
    return Effect(
        fault=fault.name,
        asked=sum(answer.ended >= began for answer in traffic.answers),
        failed=len(failed),
        by_request=by_request,
        seconds=max((answer.ended - began for answer in failed), default=0.0),
        recovered=recovered,
        lost=len(traffic.lost()) if recovered else -1,
    )


def _recovers(traffic: Load) -> bool:
    """Whether GOOD_ANSWERS requests in a row succeed before RECOVERY_LIMIT_SECONDS are over."""
    deadline, began = time.monotonic() + RECOVERY_LIMIT_SECONDS, len(traffic.answers)
    while time.monotonic() < deadline:
        last = traffic.answers[began:][-GOOD_ANSWERS:]
        if len(last) == GOOD_ANSWERS and not any(answer.failed for answer in last):
            return True
        time.sleep(0.1)
    return False


@contextmanager
def engine_on_small_disk() -> Iterator[str]:
    """A Docker Engine with a small disk of its own; all of it is removed at the end."""
    image, place = cache.root() / f"{ENGINE}.disk", docker_engines.data(ENGINE)
    docker_engines.stop(ENGINE, purge=True)
    with image.open("wb") as disk:
        disk.truncate(DISK_BYTES)
    place.mkdir(parents=True)
    _must("mkfs.ext4", "-q", str(image))
    _must("mount", "-o", "loop", str(image), str(place))
    try:
        yield docker_engines.start(ENGINE)
    finally:
        docker_engines.stop(ENGINE)
        _must("umount", "--lazy", str(place))
        place.rmdir()
        image.unlink()


def kill(part: str) -> Callable[[Deployment], None]:
    """`kill -9` of the first process of the first container of `part`."""

    def cause(deployment: Deployment) -> None:
        _kill(deployment.containers(part)[0].attrs["State"]["Pid"])

    return cause


def kill_engine(_deployment: Deployment) -> None:
    """`kill -9` of dockerd; the host's init system starts it again."""
    docker_engines.kill(ENGINE)
    docker_engines.start_again(ENGINE)


def reboot(deployment: Deployment) -> None:
    """Power off and on again: every process is gone, the disk stays."""
    first = [container.attrs["State"]["Pid"] for container in deployment.containers()]
    docker_engines.kill(ENGINE)
    for pid in first:
        _kill(pid)
    docker_engines.stop(ENGINE)
    # The disk goes with its machine and comes back with it.
    docker_engines.start(ENGINE)


def fill_disk(deployment: Deployment) -> None:
    """Fill the disk that everything shares, and free it again after FULL_SECONDS."""
    with full_disk():
        time.sleep(FULL_SECONDS)
        deployment.client.ping()


@contextmanager
def full_disk() -> Iterator[None]:
    """A disk without a free block for the length of a block."""
    ballast = docker_engines.data(ENGINE) / "ballast"
    left = os.statvfs(ballast.parent)
    with ballast.open("wb") as file:
        # The last blocks, which only root may use, too.
        with suppress(OSError):
            os.posix_fallocate(file.fileno(), 0, left.f_bavail * left.f_frsize)
        with suppress(OSError):
            while True:
                os.write(file.fileno(), bytes(1 << 20))
    try:
        yield
    finally:
        ballast.unlink()


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _must(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


FAULTS = (
    Fault("kill -9 of an api container", kill("api-")),
    Fault("kill -9 of the proxy", kill("proxy")),
    Fault("kill -9 of Redis", kill("redis"), ("GET /version", "GET /tasks?limit=10")),
    Fault("kill -9 of Postgres", kill("postgres"), ("GET /version",)),
    Fault("kill -9 of dockerd", kill_engine),
    Fault("reboot of the host", reboot),
    Fault("a full disk", fill_disk, ("GET /version",)),
)


def all_in_turn() -> Iterator[Effect]:
    """Every fault in turn, on one deployment with a Docker Engine of its own."""
    with engine_on_small_disk() as endpoint, TemporaryDirectory() as folder:
        images.ensure(endpoint)
        deployment = Deployment.plan(Path(folder), engine=endpoint)
        deployment.create()
        try:
            deployment.release()
            yield from (measure(deployment, fault) for fault in FAULTS)
        finally:
            deployment.remove()
