"""Wrong uses of every command: one line, exit 2, nothing called and nothing changed."""

import io
import os
import subprocess
import sys
from typing import Any

import docker
import pytest

from bootstrap.paths import ROOT
from cli.app import app, run
from cli.errors import FAILED, MISUSED, PIPE_CLOSED

DESTROYING = ("down", "restore", "replace-host")
SIMPLE = (
    *("up", "preview", "down", "rollback", "scale", "status", "logs", "releases", "drift", "cost"),
    *("psql", "redis", "shell", "pause", "resume", "backup", "backup-status", "backup-drill"),
    *("restore", "replace-host", "state-bucket", "run", "with-ssh", "github-setup", "policies"),
    "adopt",
)
GROUPS = {
    "maintenance": ("on", "off"),
    "env": ("list", "set", "unset", "import", "export"),
    "ci": ("preview", "comment", "images", "access", "drift"),
}
COMMANDS = [
    *((name,) for name in SIMPLE),
    *((group, name) for group, names in GROUPS.items() for name in names),
]
WITH_AN_ARGUMENT = {("rollback",): "1", ("scale",): "2", ("pause",): "9", ("run",): "true",
    ("with-ssh",): "true",
    ("env", "set"): "A=1", ("env", "unset"): "A", ("env", "import"): "a.env"}  # fmt: skip
RUNNING = [("run",), ("with-ssh",)]
WRONG = [
    *((*command, "--nonsense") for command in COMMANDS if command not in RUNNING),
    *((*command, *WITH_AN_ARGUMENT.get(command, "").split(), "extra") for command in COMMANDS
      if command not in RUNNING),
    *((*command, "--stack") for command in COMMANDS),
    *((*command, "--stack", "prdo") for command in COMMANDS if command[-1] not in
      ("comment", "access", "preview")),
    (),
    ("nonsense",),
    ("rolback",),
    ("maintenance",),
    ("maintenance", "maybe"),
    ("ci",),
    ("env",),
    ("env", "set"),
    ("env", "set", "A"),
    ("env", "set", "1A=x"),
    ("env", "set", "--secret", "A=x"),
    ("env", "set", "SECRET_KEY=x"),
    ("env", "unset"),
    ("env", "import"),
    ("scale",),
    ("scale", "0"),
    ("scale", "17"),
    ("scale", "two"),
    ("scale", "2; rm -rf /"),
    ("pause", "0"),
    ("pause", "601"),
    ("pause", "soon"),
    ("run",),
    ("with-ssh",),
    ("up", "--image"),
    ("up", "--postgres-image", "postgres@sha256:0"),
    ("restore", "--to"),
    ("restore", "--undo", "--to", "2026-01-31 12:00:00"),
    ("down", "--confirm", "prod"),
    *((command,) for command in DESTROYING),
]  # fmt: skip


@pytest.fixture(autouse=True)
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The commands and connections that were tried; each fails."""
    tried: list[Any] = []

    def refuse(*arguments: Any, **_: Any) -> None:
        tried.append(arguments)
        raise AssertionError(f"called: {arguments}")

    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(docker, "from_env", refuse)
    monkeypatch.chdir(ROOT)
    return tried


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_a_wrong_use_gets_one_line_and_calls_nothing(
    words: tuple[str, ...],
    calls: list[Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run(words) == MISUSED
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1, said.err
    assert calls == []


def test_the_table_has_every_command() -> None:
    commands = {(command.name,) for group in app.registered_groups
                if group.typer_instance and not group.name
                for command in group.typer_instance.registered_commands}  # fmt: skip
    named = {
        (group.name, command.name)
        for outer in [app, *(each.typer_instance for each in app.registered_groups)]
        if outer
        for group in outer.registered_groups
        if group.typer_instance and group.name
        for command in group.typer_instance.registered_commands
    }
    assert commands | named == set(COMMANDS)


@pytest.mark.parametrize("command", DESTROYING)
@pytest.mark.parametrize("answer", ["n", "", "local"])
def test_a_command_that_destroys_asks_with_the_stack_and_the_losses_and_takes_no_for_an_answer(
    command: str,
    answer: str,
    calls: list[Any],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("cli.stack.Stack.protected", lambda _: False)
    monkeypatch.setattr("cli.stack.Stack.setting", lambda _, key: {"target": "local"}[key])
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or answer)
    assert run([command, "--stack", "local"]) == MISUSED
    said = capsys.readouterr()
    assert said.out.startswith("Stack local: ")
    assert asked == ["Go on? [y/N] "]
    assert said.err == "Not confirmed: nothing was changed.\n"
    assert calls == []


@pytest.mark.parametrize("command", DESTROYING)
def test_a_protected_stack_wants_its_name_and_not_a_mere_yes(
    command: str, calls: list[Any], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    monkeypatch.setattr("cli.stack.Stack.protected", lambda _: True)
    monkeypatch.setattr("cli.stack.Stack.setting", lambda _, key: {"target": "ec2"}[key])
    assert run([command, "--stack", "prod", "--yes"]) == MISUSED
    assert "YES=prod" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: "y")
    assert run([command, "--stack", "prod"]) == MISUSED
    assert calls == []


def test_a_closed_pipe_ends_a_command_without_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "cli", "cost", "--stack", "prod"]
    done = subprocess.run(
        command, cwd=ROOT, check=False, stdout=writer, stderr=subprocess.PIPE, text=True
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (PIPE_CLOSED, "")


def test_an_error_that_was_not_expected_is_a_message_and_with_debug_a_traceback(
    calls: list[Any], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TASKMANAGER_DEBUG", raising=False)
    assert run(["status"]) == FAILED
    said = capsys.readouterr().err
    assert said.startswith("Unexpected AssertionError: called: ")
    assert "Traceback" not in said
    monkeypatch.setenv("TASKMANAGER_DEBUG", "")
    assert run(["status", "--debug"]) == FAILED
    assert "Traceback" in capsys.readouterr().err
    assert calls
