"""A deployment by a shell whose HTTP proxy knows no loopback address, as none does."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests

from infra.steps import placeholder
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


Answers = list[tuple[int, str]]


@pytest.fixture(scope="module")
def first_answers(clone: Clone) -> Answers:
    """The status and the text of each answer of the public port during the first deployment."""
    answers: Answers = []
    ended = threading.Event()

    def ask() -> None:
        while not ended.wait(0.2):
            with suppress(requests.RequestException):
                response = requests.get(f"{clone.deployment.url}/health", timeout=5)
                answers.append((response.status_code, response.text))

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        clone.run("make up", NO_PROXY="", no_proxy="")
    finally:
        ended.set()
        asking.join()
    return answers


def test_before_the_first_release_the_public_port_says_that_there_is_none(
    first_answers: Answers,
) -> None:
    statuses = [status for status, _ in first_answers]
    switched = statuses.index(200)
    assert set(statuses[switched:]) == {200}, "the release takes the place of the page at once"
    # The proxy is given the page, in two commands, a moment after it has started.
    assert set(statuses[:switched]) <= {404, 503}
    shown = [placeholder.MESSAGE in text for _, text in first_answers[:switched]]
    assert all(shown[shown.index(True) :]), "nothing else is shown from then on"
    assert sum(shown) > 10, statuses


@pytest.mark.usefixtures("first_answers")
def test_a_deployment_behind_a_proxy_says_that_the_service_answers(clone: Clone) -> None:
    output = clone.run("make up", **PROXIES, NO_PROXY="", no_proxy="")
    assert "The service answers" in output
    assert "Traceback" not in output
    assert "All is well" in clone.run("make status", **PROXIES)
