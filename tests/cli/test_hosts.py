"""The machine that commands reach, and the key by which they know it, both from the state."""

from typing import Any

import pytest

from cli import deployed
from cli.stack import Stack

FIRST, OWN = "ssh-ed25519 first", "ecdsa-sha2-nistp256 own"


def hosts(monkeypatch: pytest.MonkeyPatch, *, ready: dict[str, Any], machine: str) -> Any:
    resources = [
        {"type": deployed.INSTANCE, "id": machine},
        {"type": deployed.HOST_READY, "outputs": ready},
    ]
    monkeypatch.setattr(deployed, "_resources", lambda _stack: resources)
    return deployed._hosts(Stack("dev"))


def test_a_machine_is_known_by_the_key_that_it_made_itself(monkeypatch) -> None:
    ready = {"machine": "i-1", "hostKey": FIRST, "ownKey": OWN}
    assert hosts(monkeypatch, ready=ready, machine="i-1") == [("i-1", OWN)]


def test_one_of_before_is_known_by_the_first_key(monkeypatch) -> None:
    ready = {"machine": "i-1", "hostKey": FIRST}
    assert hosts(monkeypatch, ready=ready, machine="i-1") == [("i-1", FIRST)]


def test_a_new_one_whose_set_up_failed_can_be_reached_to_go_on(monkeypatch) -> None:
    ready = {"machine": "i-1", "hostKey": FIRST, "ownKey": OWN}
    assert hosts(monkeypatch, ready=ready, machine="i-2") == [("i-2", FIRST)]
