"""The image store that this machine's Docker Engine does not use, on a private Docker Engine."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import docker
import pytest

from bootstrap import images
from testkit import docker_engines
from testkit.deployment import DEFAULT_ENGINE, Deployment
from testkit.load import load

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="a private engine needs root on Linux"
)
CONTAINERD_STORE = ["driver-type", "io.containerd.snapshotter.v1"]


@pytest.fixture(scope="module")
def other_engine() -> Iterator[str]:
    """An engine with the other image store than the one all other tests run on."""
    with closing(docker.DockerClient(os.environ.get("DOCKER_HOST", DEFAULT_ENGINE))) as usual:
        is_containerd = CONTAINERD_STORE in (usual.info().get("DriverStatus") or [])
    store = "classic" if is_containerd else "containerd"
    with docker_engines.running(f"e2e-{store}", store=store) as endpoint:
        images.ensure(endpoint)
        yield endpoint


@pytest.fixture(scope="module")
def elsewhere(other_engine: str, deploy: Callable[..., Deployment]) -> Deployment:
    """A deployment on the other engine, up and serving; removed before that engine ends."""
    deployment = deploy(engine=other_engine)
    deployment.release()
    return deployment


def test_the_other_image_store_builds_and_releases(elsewhere: Deployment) -> None:
    old = elsewhere.version()
    with load(elsewhere.url) as traffic:
        elsewhere.edit("app/main.py", "# a change")
        elsewhere.release()
        traffic.wait_for(len(traffic.answers) + 100)
    assert elsewhere.version() != old
    assert not traffic.failures, traffic.failures[:3]


def test_a_second_up_changes_nothing_on_the_other_image_store(elsewhere: Deployment) -> None:
    again = elsewhere.release("--expect-no-changes")
    assert set(again.changes) == {"unchanged"}, again.text


def test_a_store_that_cannot_be_written_is_named_with_the_fix(elsewhere: Deployment) -> None:
    elsewhere.edit("app/main.py", "# a change that finds no room")
    old = elsewhere.version()
    with _read_only(Path(elsewhere.client.info()["DockerRootDir"])):
        outcome = elsewhere.up()
    assert outcome.status != 0
    assert "cannot write to its store" in outcome.text, outcome.text
    assert "Traceback" not in outcome.text
    assert elsewhere.version() == old


@contextmanager
def _read_only(folder: Path) -> Iterator[None]:
    subprocess.run(["mount", "--bind", folder, folder], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
