"""Deployments for the end-to-end tests: real Pulumi on a real Docker Engine."""

from collections.abc import Callable, Iterator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from testkit.deployment import Deployment


class ByDeployment(LoadScopeScheduling):
    """Keeps tests of one deployment in one process: those of a module or a folder of modules."""

    def _split_scope(self, nodeid: str) -> str:
        # tests/e2e/NAME
        return "/".join(nodeid.partition("::")[0].split("/")[:3])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByDeployment:
    """The scheduler of every run in several processes."""
    return ByDeployment(config, log)


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
