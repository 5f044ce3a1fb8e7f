"""A stack that a command is told to use and that is not there."""

from pathlib import Path

import pytest

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
