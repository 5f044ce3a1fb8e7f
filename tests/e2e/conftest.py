"""Deployments for the end-to-end tests: real Pulumi on a real Docker Engine."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from testkit.deployment import Deployment

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep tests of one deployment in one process: those of a module, or of a folder of modules."""
    for item in items:
        if item.path.is_relative_to(HERE):
            group = item.path.relative_to(HERE).parts[0]
            item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="module")
def deploy(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., Deployment]]:
    """Make deployments that are not yet up, on an engine of choice; all are removed at the end."""
    deployments: list[Deployment] = []

    def make(engine: str | None = None) -> Deployment:
        deployment = Deployment.plan(tmp_path_factory.mktemp("deployment"), engine=engine)
        deployments.append(deployment)
        deployment.create()
        return deployment

    yield make
    for deployment in deployments:
        deployment.remove()


@pytest.fixture(scope="module")
def running(deploy: Callable[..., Deployment]) -> Deployment:
    """A deployment of the code as it is, up and serving; the tests of a module share it."""
    deployment = deploy()
    deployment.release()
    return deployment
