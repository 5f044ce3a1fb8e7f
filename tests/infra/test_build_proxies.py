"""The proxy of the deploying machine leads the builds of images, and stays secret."""

import pytest

from infra import build_proxies
from testkit.recorded.program import run

PROXY = "http://ada:hunter2@proxy.example.test:3128"


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in build_proxies.VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("without")
def test_builds_are_given_the_proxies_of_the_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", PROXY)
    monkeypatch.setenv("NO_PROXY", "intranet.test")
    for image in (node for node in run().nodes if node.type.endswith("image:Image")):
        arguments = image.inputs["build"]["args"]
        assert (arguments["https_proxy"], arguments["NO_PROXY"]) == (PROXY, "intranet.test")
        assert "network" not in image.inputs["build"]


@pytest.mark.usefixtures("without")
def test_without_a_proxy_the_builds_are_given_nothing_of_the_kind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    build = run().named("taskmanager-image", "image:Image").inputs["build"]
    assert set(build["args"]) == {"PYTHON_VERSION"}


@pytest.mark.parametrize("host", ["localhost:3128", "http://127.0.0.1:3128", "http://[::1]:3128"])
def test_a_proxy_on_loopback_is_reached_by_the_network_of_the_host(host: str) -> None:
    assert build_proxies.network({"http_proxy": host}) == "host"
    assert build_proxies.network({"no_proxy": host}) is None
    assert build_proxies.network({"http_proxy": PROXY}) is None
