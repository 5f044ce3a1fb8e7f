"""The address that the service is published at is changed: it answers there, or nothing changes."""

import socket

import pytest
import requests

from testkit.deployment import Deployment

ADDRESSES = ("::1", "127.0.0.2", "192.0.2.1")


@pytest.mark.parametrize("address", ADDRESSES)
def test_another_address_answers_or_is_refused_before_the_proxy_is_replaced(
    running: Deployment, address: str
) -> None:
    before = running.containers("proxy")[0].id
    running.configure("bindAddress", address)
    outcome = running.up()
    running.configure("bindAddress", "127.0.0.1")
    if outcome.status == 0:
        shown = f"[{address}]" if ":" in address else address
        assert requests.get(f"http://{shown}:{running.port}/ready", timeout=10).ok
        running.release()
    else:
        assert "Nothing was changed" in outcome.text or "not an address" in outcome.text
        assert "Fix: pulumi config set taskmanager:bindAddress 127.0.0.1" in outcome.text
        assert "Traceback" not in outcome.text
        assert running.containers("proxy")[0].id == before
    assert not running.containers("proxy-probe")
    assert requests.get(f"{running.url}/ready", timeout=10).ok


def test_this_machine_has_the_addresses_that_the_test_needs() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.2", 0))
    with socket.socket() as probe, pytest.raises(OSError, match="assign"):
        probe.bind(("192.0.2.1", 0))
