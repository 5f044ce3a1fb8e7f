"""Faults of a host: the service recovers by itself, and no acknowledged row is lost."""

import os
import sys
from collections.abc import Callable, Iterator

import pytest

from bootstrap import images
from testkit import faults
from testkit.deployment import Deployment
from testkit.faults import FAULTS, ROW_TITLES, Effect, Fault, measure

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="a private engine needs root on Linux"
)
SEEN: list[Effect] = []


@pytest.fixture(scope="module")
def small_engine() -> Iterator[str]:
    """A Docker Engine that may be killed, on a disk that may be filled."""
    with faults.engine_on_small_disk() as endpoint:
        images.ensure(endpoint)
        yield endpoint


@pytest.fixture(scope="module")
def deployment(small_engine: str, deploy: Callable[..., Deployment]) -> Deployment:
    """A running deployment on that Docker Engine; the faults share it."""
    deployment = deploy(engine=small_engine)
    deployment.release()
    return deployment


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[None]:
    """Print the effects of all faults at the end."""
    yield
    for row in (ROW_TITLES, *(seen.row() for seen in SEEN)):
        print("  ".join(cell.ljust(28) for cell in row))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_service_recovers_by_itself_and_no_acknowledged_row_is_lost(
    deployment: Deployment, fault: Fault
) -> None:
    release, containers = deployment.version(), deployment.names()
    seen = measure(deployment, fault)
    SEEN.append(seen)
    assert seen.recovered, f"still failing after {faults.RECOVERY_LIMIT_SECONDS} s: {seen}"
    assert seen.lost == 0, "a row that was acknowledged is gone"
    assert deployment.version() == release
    assert deployment.names() == containers, "the same containers, no others"
    for request in fault.stays_up:
        assert request not in seen.by_request, f"{request} failed: {seen.by_request}"


def test_a_release_on_a_full_disk_is_refused_and_the_previous_one_serves(
    deployment: Deployment,
) -> None:
    old = deployment.version()
    deployment.edit("app/main.py", "# a release that finds no room")
    with faults.full_disk():
        refused = deployment.up()
    assert refused.status != 0
    assert "Fix: free space" in refused.text, refused.text
    assert deployment.version() == old


def test_a_release_succeeds_after_all_faults(deployment: Deployment) -> None:
    old = deployment.version()
    deployment.release()
    assert deployment.version() != old
