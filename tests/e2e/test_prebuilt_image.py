"""An image handed in by digest: the way of a pipeline, and of going back."""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit import registry
from testkit.deployment import Deployment, free_port
from testkit.load import load

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="the local registry needs root on Linux"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A registry on this machine."""
    folder: Path = tmp_path_factory.mktemp("registry")
    with registry.serving(folder, free_port()) as serving:
        yield serving


def test_an_image_by_digest_is_released_without_a_build(running: Deployment, address: str) -> None:
    reference = _push(running, f"{address}/owner/task-manager-api")
    running.configure("image", reference)
    with load(running.url) as traffic:
        outcome = running.release()
    assert not re.search(r"docker:index:Image \S+ creat", outcome.text), "it was built"
    assert running.version() == reference.partition("@")[2]
    assert not traffic.failures, traffic.failures[:3]


def test_a_build_after_a_prebuilt_image_is_released(running: Deployment) -> None:
    running.must("config", "rm", "image", "--stack", "local")
    running.release()
    assert running.version() == running.outputs()["release"]


def _push(running: Deployment, repository: str) -> str:
    image = running.client.images.get(running.containers("api-")[0].attrs["Image"])
    image.tag(repository, "pushed")
    running.client.images.push(repository, "pushed")
    image.reload()
    digests = [name for name in image.attrs["RepoDigests"] if name.startswith(repository)]
    return str(digests[0])
