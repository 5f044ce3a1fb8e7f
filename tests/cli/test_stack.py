"""A stack that a command is told to use and that is not there."""

from pathlib import Path

import pytest

from cli import stack
from cli.stack import Stack
from infra.errors import UserError


@pytest.mark.parametrize(
    ("name", "said"),
    [("mars", "no stack 'mars'; there are: dev .*prod"), ("prod", "STATE_URL.*docs/state.md")],
    ids=["a misspelt name", "its state is elsewhere"],
)
def test_a_stack_that_is_not_in_the_state_is_told_with_what_to_do(
    name: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    with pytest.raises(UserError, match=said):
        Stack(name).setting("target")


def test_the_containers_that_serve_are_those_of_the_switch_and_not_of_a_release_that_failed() -> (
    None
):
    switch = {"type": stack.SWITCH, "outputs": {"targets": ["api-1-old"]}}
    root = {"type": stack.STACK, "outputs": {"containers": ["api-1-failed"], "url": "http://here"}}
    state = {"deployment": {"resources": [root, switch]}}
    assert stack.outputs(state) == {"containers": ["api-1-old"], "url": "http://here"}
