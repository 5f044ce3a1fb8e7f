"""Whose lock is on a stack, and what is done about it before a deployment."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from cli import recovery
from cli.stack import Stack
from infra.errors import UserError


class Recorded(Stack):
    """A stack whose Pulumi remembers what it was told and knows nothing."""

    told: list[str] = []

    def pulumi(self, *words: str, typed: str = "") -> str:
        self.told.append(" ".join(words))
        return '{"deployment": {}}'


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Recorded:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    monkeypatch.setattr(Recorded, "told", [])
    return Recorded("local")


def locked(folder: Path, pid: int, *, name: str = "local", host: str | None = None) -> None:
    file = folder / ".pulumi/locks/organization/taskmanager" / name / "0c5e.json"
    file.parent.mkdir(parents=True)
    said = {"pid": pid, "username": "ada", "hostname": host or socket.gethostname()}
    file.write_text(json.dumps({**said, "timestamp": "2026-11-23T22:10:00.123456789Z"}))


@pytest.fixture
def engine(tmp_path: Path) -> int:
    """The number of a process that was called as the engine is, and has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    return ended.pid


def test_the_lock_of_a_process_that_is_gone_is_taken_away(
    stack: Recorded, tmp_path: Path, engine: int
) -> None:
    locked(tmp_path, engine)
    recovery.resume(stack)
    assert "cancel --yes" in stack.told


def test_a_number_that_another_program_has_now_is_no_engine(
    stack: Recorded, tmp_path: Path
) -> None:
    locked(tmp_path, os.getpid())
    recovery.resume(stack)
    assert "cancel --yes" in stack.told


def test_the_lock_of_another_machine_is_left_and_said_how_to_take_away(
    stack: Recorded, tmp_path: Path
) -> None:
    locked(tmp_path, 7, host="elsewhere")
    with pytest.raises(UserError, match="by ada on elsewhere") as caught:
        recovery.resume(stack)
    assert "since 22:10:00 UTC" in str(caught.value)
    assert "pulumi cancel --stack local" in str(caught.value)
    assert stack.told == []


def test_the_lock_of_another_stack_is_no_matter(stack: Recorded, tmp_path: Path) -> None:
    locked(tmp_path, 7, name="prod", host="elsewhere")
    recovery.resume(stack)
    assert "cancel --yes" not in stack.told


def test_a_state_that_a_killed_pulumi_left_unreadable_is_mended_before_it_is_read(
    stack: Recorded, tmp_path: Path
) -> None:
    attributes = tmp_path / ".pulumi/stacks/taskmanager/local.json.attrs"
    attributes.parent.mkdir(parents=True)
    attributes.touch()
    recovery.resume(stack)
    assert not attributes.exists()
