"""`make` as an alias of `taskmanager`: values arrive as typed, mistyped ones are refused."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bootstrap.paths import ROOT

# Each would leave a file, lose a character or become several words, were it evaluated.
HOSTILE = [
    "$(shell touch evaluated)",
    "$(touch evaluated)",
    "`touch evaluated`",
    "a; touch evaluated #",
    'a" && touch evaluated && "',
    "a' && touch evaluated && '",
    "costs $5, 100% & more | less > evaluated",
    "--help",
    "two  spaces * and a star",
    "a\\b\nnext line",
]
VALUES = [
    ("maintenance-on", "MESSAGE", "--message={}"),
    ("restore", "TO", "--to={}"),
    ("rollback", "TO", "{}"),
    ("up", "IMAGE", "--image={}"),
    ("pause", "FOR", "{}"),
    ("scale", "N", "{}"),
    ("new", "NAME", "{}"),
    ("new", "OWNER", "{}"),
    ("down", "YES", "{}"),
]
MISTYPED = [
    (["up", "STAKC=prod"], "IMAGE POSTGRES_IMAGE PYTHON STACK"),
    (["up", "prod"], "no such command"),
    (["up", "TO=abc"], "IMAGE POSTGRES_IMAGE PYTHON STACK"),
    (["up", "POSTGRES_IMAGE=postgres@sha256:0"], "with IMAGE"),
    (["up", "STACK="], "no name of a stack"),
    (["up", "STACK=dev prod"], "no name of a stack"),
    (["upp"], "no such command"),
    (["down", "PURGE=yes"], "PURGE=1"),
    (["down", "purge=1"], "PURGE PYTHON STACK YES"),
    (["restore", "UNDO=true"], "UNDO=1"),
    (["replace-host", "STACK=dev", "DEAD=y"], "DEAD=1"),
    (["logs", "FOLLOW=no"], "FOLLOW=0"),
    (["scale", "REPLICAS=3"], "N PYTHON STACK"),
    (["maintenance-on", "MESAGE=soon"], "MESSAGE PYTHON STACK"),
    (["status", "N=3"], "PYTHON STACK"),
]


@dataclass(frozen=True)
class Project:
    """A folder with the Makefile, in which every Python writes down what it was asked for."""

    folder: Path

    def make(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder / 'bin'}:/usr/bin:/bin"
        return subprocess.run(
            ["make", *words],
            cwd=self.folder,
            env={"PATH": path, "CALLS": str(self.folder / "calls"), **variables},
            check=False,
            capture_output=True,
            text=True,
        )

    def calls(self) -> list[list[str]]:
        file = self.folder / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def project(tmp_path: Path) -> Project:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / ".local").mkdir()
    (tmp_path / ".local" / "env").touch()
    (tmp_path / "bin").mkdir()
    for name in ("python", "python3"):
        file = tmp_path / "bin" / name
        file.write_text(
            f"#!{sys.executable}\nimport json, os, sys\n"
            "open(os.environ['CALLS'], 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n"
        )
        file.chmod(0o755)
    return Project(tmp_path)


@pytest.mark.parametrize(("command", "variable", "argument"), VALUES)
@pytest.mark.parametrize("environment", [False, True])
def test_a_value_arrives_as_it_was_typed(
    project: Project, command: str, variable: str, argument: str, environment: bool
) -> None:
    value = " ".join(HOSTILE)
    needed = ["NAME=orders"] if variable == "OWNER" else []
    if environment:
        done = project.make(command, *needed, **{variable: value})
    else:
        done = project.make(command, *needed, f"{variable}={value}")
    assert done.returncode == 0, done.stderr
    assert argument.format(value) in project.calls()[-1]
    assert not (project.folder / "evaluated").exists()


@pytest.mark.parametrize("value", HOSTILE[:6])
def test_the_name_of_python_is_a_name_and_no_command(project: Project, value: str) -> None:
    assert project.make("setup", f"PYTHON={value}").returncode != 0
    assert not (project.folder / "evaluated").exists()


@pytest.mark.parametrize(("words", "accepted"), MISTYPED)
def test_a_mistyped_word_runs_nothing(project: Project, words: list[str], accepted: str) -> None:
    done = project.make(*words)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    assert accepted in done.stderr
    assert done.stdout == ""
    assert project.calls() == []


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (["down", "PURGE=1", "YES=1"], ["down", "-s", "local", "--purge", "--yes"]),
        (["down", "STACK=prod", "YES=prod"], ["down", "-s", "prod", "--confirm", "prod"]),
        (["restore", "UNDO=1"], ["restore", "-s", "local", "--to=", "--undo"]),
        (["logs", "FOLLOW=0"], ["logs", "-s", "local", "--no-follow"]),
        (["maintenance-off"], ["resume", "-s", "local"]),
        (["ci-preview", "STACKS=dev prod"], ["ci", "preview", "-s", "dev", "-s", "prod"]),
        (["psql", "STACK=dev"], ["psql", "-s", "dev"]),
    ],
)
def test_a_target_is_an_alias(project: Project, words: list[str], arguments: list[str]) -> None:
    assert project.make(*words).returncode == 0
    assert project.calls()[-1] == ["-m", "cli", *arguments]


def test_the_help_fits_a_terminal() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert max(len(line) for line in done.stdout.splitlines()) < 80
