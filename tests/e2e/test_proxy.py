"""A deployment by a shell whose HTTP proxy knows no loopback address, as none does."""

import socket
from collections.abc import Iterator

import pytest

from testkit.clone import Clone, cloned


def _own_address() -> str:
    """An address of this machine that is not loopback: a build reaches it by the usual network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        # Nothing is sent: the kernel only chooses the way.
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


# Nothing listens there: a connection through it is refused. The steps of the builds, which go
# through it, are in the builder's cache from the deployment before.
PROXY = f"http://{_own_address()}:9"
PROXIES = dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY"), PROXY)


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """In a folder whose name means something in a URL, too."""
    folder = tmp_path_factory.mktemp("clone") / "a%20b #1?"
    folder.mkdir()
    with cloned(folder, packages=True) as fresh:
        yield fresh


def test_a_deployment_behind_a_proxy_says_that_the_service_answers(clone: Clone) -> None:
    clone.run("make up", NO_PROXY="", no_proxy="")
    output = clone.run("make up", **PROXIES, NO_PROXY="", no_proxy="")
    assert "The service answers" in output
    assert "Traceback" not in output
    assert "All is well" in clone.run("make status", **PROXIES)
