"""The changes of a preview and the differences of a refresh, from the events of Pulumi's engine."""

from typing import Any

import pytest
from pulumi.automation.events import EngineEvent

from cli import automation, changes, preview
from cli.changes import MASKED, SIGNATURE, UNKNOWN, Change

URN = "urn:pulumi:local::taskmanager::docker:index/container:Container::tasks-api-1"


def event(op: str, old: dict[str, Any], new: dict[str, Any], **more: Any) -> EngineEvent:
    kind = "resourcePreEvent" if more.pop("planned", True) else "resOutputsEvent"
    state = {"urn": URN, "type": URN.split("::")[2], "custom": True}
    sides = {
        side: {**state, "inputs": values, "outputs": values}
        for side, values in (("old", old), ("new", new))
    }
    metadata = {"op": op, "urn": URN, "type": state["type"], **sides, **more}
    return EngineEvent.from_json({kind: {"metadata": metadata}})


def differences(old: dict[str, Any], new: dict[str, Any], **more: Any) -> list[str]:
    change = changes.planned(event("update", old, new, **more))
    assert change
    return change.differences


def test_a_difference_is_a_line_with_both_values() -> None:
    old = {"image": "sha256:aa", "memory": 512, "envs": ["A=1", "B=2"], "name": "x"}
    new = {"image": UNKNOWN, "memory": 256, "envs": ["A=1", "B=3"], "labels": "l"}
    assert differences(old, new) == [
        "envs: B=2 → B=3",
        "image: sha256:aa → known when deployed",
        "labels: l (new)",
        "memory: 512 → 256",
        "name: x (removed)",
    ]


def test_no_secret_value_is_shown() -> None:
    hidden = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": MASKED}
    old = {"password": MASKED, "uploads": hidden, "files": {"key": MASKED, "plain": "a"}, "l": [1]}
    new = {"password": "now-plain", "uploads": "x", "files": {"key": "b", "plain": "a"}}
    lines = differences(old, {**new, "l": [1, hidden]})
    assert lines == [
        "files.key: a secret value",
        "l: a secret value (new)",
        "password: a secret value",
        "uploads: a secret value",
    ]


def test_a_secret_that_changes_behind_its_mask_is_named() -> None:
    same = {"uploads": {SIGNATURE: "1b47", "ciphertext": MASKED}}
    lines = differences(same, same, detailedDiff={"uploads": {"diffKind": "update-replace"}})
    assert lines == ["uploads: a secret value"]


def test_a_change_fits_a_terminal_and_a_long_one_says_how_much_is_left_out() -> None:
    change = Change(word="update", kind="container", name="n" * 100, differences=["d" * 200] * 20)
    lines = change.lines()
    assert max(map(len, lines)) <= 80
    assert lines[-1] == "    and 12 more"


@pytest.mark.parametrize("op", ["same", "create-replacement", "delete-replaced", "refresh"])
def test_a_resource_that_is_replaced_is_one_change_and_one_that_stays_none(op: str) -> None:
    assert changes.planned(event(op, {"a": 1}, {"a": 2})) is None


def test_a_refresh_names_a_resource_as_it_is_called_on_the_host() -> None:
    gone = changes.refreshed(event("delete", {"name": "tasks-api-1-0a1b2c3"}, {}, planned=False))
    assert gone == Change(word="remove", kind="container", name="tasks-api-1-0a1b2c3")


def test_a_preview_that_cannot_read_an_event_is_no_preview_without_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def run(words: list[str], *_: Any) -> Any:
        log = words[words.index("--event-log") + 1]
        with open(log, "w") as file:
            file.write("no JSON\n")
        return type("Result", (), {"stdout": ""})()

    monkeypatch.setattr(automation.PULUMI, "run", run)
    with pytest.raises(ValueError, match="Expecting value"):
        preview.run(["preview"], changes.planned)
