"""Faults of a host: the service recovers by itself, and no acknowledged row is lost."""

import os
import sys
from collections.abc import Callable, Iterator

import pytest

from bootstrap import images
from testkit import faults
from testkit.deployment import Deployment
from testkit.faults import FAULTS, ROW_TITLES, Aftermath, Fault, suffer

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="a private engine needs root on Linux"
)
SEEN: list[Aftermath] = []


@pytest.fixture(scope="module")
def doomed() -> Iterator[str]:
    """An engine that may be killed, on a disk that may be filled."""
    with faults.doomed_engine() as endpoint:
        images.ensure(endpoint)
        yield endpoint


@pytest.fixture(scope="module")
def victim(doomed: str, deploy: Callable[..., Deployment]) -> Deployment:
    """A deployment on that engine, up and serving; every fault strikes the same one."""
    deployment = deploy(engine=doomed)
    deployment.release()
    return deployment


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    """All that was seen, at the end."""
    yield
    for row in (ROW_TITLES, *(seen.row() for seen in SEEN)):
        print("  ".join(cell.ljust(28) for cell in row))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_service_recovers_by_itself_and_no_acknowledged_row_is_lost(
    victim: Deployment, fault: Fault
) -> None:
    release, containers = victim.version(), victim.names()
    seen = suffer(victim, fault)
    SEEN.append(seen)
    assert seen.recovered, f"still failing after {faults.RECOVERY_LIMIT_SECONDS} s: {seen}"
    assert seen.lost == 0, "a row that was acknowledged is gone"
    assert victim.version() == release
    assert victim.names() == containers, "the same containers, no others"
    for what in fault.stays_up:
        assert what not in seen.by_request, f"{what} failed: {seen.by_request}"


def test_a_release_on_a_full_disk_is_refused_and_the_previous_one_serves(
    victim: Deployment,
) -> None:
    old = victim.version()
    victim.edit("app/main.py", "# a release that finds no room")
    with faults.full_disk():
        refused = victim.up()
    assert refused.status != 0
    assert "Fix: free space" in refused.text, refused.text
    assert victim.version() == old


def test_a_release_succeeds_after_all_faults(victim: Deployment) -> None:
    old = victim.version()
    victim.release()
    assert victim.version() != old
