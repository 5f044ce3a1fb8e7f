"""`taskmanager env`: an app's variables and secrets, stored by the real Pulumi."""

import getpass
import json
import subprocess
from pathlib import Path

import pytest

from cli.env import dotenv_file, stored
from cli.stack import Stack
from tests.cli.env_command import HUNTER, env, secrets

# All of these have a meaning in some shell, file or URL.
ODD = "$ % @ / # \" ' \\ ` ${HOME} $(id)\nline two\ttab Ünïcode 😀\n\n"


def test_values_of_any_characters_are_stored_as_they_are(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert env(monkeypatch, "set", f"ODD={ODD}", "NUMBER=010", "TRUTH=true", "EMPTY=") == 0
    assert env(monkeypatch, "set", "--secret", "HIDDEN", typed=f"{ODD}\n") == 0
    said = capsys.readouterr().out
    assert said.endswith("Set HIDDEN in Pulumi.local.yaml. It is deployed by: make up\n")
    found = stored.read(Stack("local"))
    assert found.variables == {"ODD": ODD, "NUMBER": "010", "TRUTH": "true", "EMPTY": ""}
    assert secrets() == {"HIDDEN": ODD}
    file = (project_folder / "Pulumi.local.yaml").read_text()
    assert "# A comment." in file
    assert "line two" in file, "a variable is readable"
    assert file.count("line two") == 1, "and a secret is not"


def test_a_secret_is_typed_unseen_on_a_terminal(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getpass", lambda prompt: f"{prompt}|{HUNTER}")
    assert env(monkeypatch, "set", "--secret", "HIDDEN") == 0
    assert secrets() == {"HIDDEN": f"Value of HIDDEN: |{HUNTER}"}


def test_a_secret_is_never_among_the_words_of_a_command(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    begin = subprocess.Popen.__init__

    def record(self: object, command: list[str], *rest: object, **options: object) -> None:
        started.append(" ".join(map(str, command)) + json.dumps(options.get("env"), default=str))
        begin(self, command, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(subprocess.Popen, "__init__", record)
    (project_folder / "an.env").write_text(f"API_TOKEN={HUNTER}\n")
    assert env(monkeypatch, "set", "--secret", "HIDDEN", typed=HUNTER) == 0
    assert env(monkeypatch, "import", "--yes", str(project_folder / "an.env")) == 0
    assert len(started) >= 2
    assert not [words for words in started if HUNTER in words]


def test_a_variable_that_becomes_a_secret_is_plain_no_more(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env(monkeypatch, "set", f"A={HUNTER}")
    env(monkeypatch, "set", "--secret", "A", typed=HUNTER)
    assert stored.read(Stack("local")).variables == {}
    assert HUNTER not in (project_folder / "Pulumi.local.yaml").read_text()
    env(monkeypatch, "set", "A=1")
    assert secrets() == {}


def test_the_list_and_the_export_show_no_secret_unless_asked(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    env(monkeypatch, "set", "PLAIN=it's", "LINES=a\nb")
    env(monkeypatch, "set", "--secret", "HIDDEN", typed=HUNTER)
    capsys.readouterr()
    for words in (("list",), ("list", "--json"), ("export",)):
        assert env(monkeypatch, *words) == 0
        said = capsys.readouterr().out
        assert "HIDDEN" in said
        assert "it" in said
        assert HUNTER not in said
    env(monkeypatch, "export", "--show-secrets")
    exported = dotenv_file.parse(capsys.readouterr().out, literal=False).texts
    assert exported == {"PLAIN": "it's", "LINES": "a\nb", "HIDDEN": HUNTER}


def test_what_is_unset_is_gone_and_nothing_else(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    env(monkeypatch, "set", "A=1", "B=2")
    env(monkeypatch, "set", "--secret", "C", typed="3")
    assert env(monkeypatch, "unset", "A", "C") == 0
    assert stored.read(Stack("local")) == stored.Stored(variables={"B": "2"})
    before = (project_folder / "Pulumi.local.yaml").read_text()
    assert env(monkeypatch, "unset", "B", "D") == 2
    assert "Not set on stack local: D. Set are: B." in capsys.readouterr().err
    assert (project_folder / "Pulumi.local.yaml").read_text() == before


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (("set", "A"), None, "'A' is not NAME=VALUE"),
        (("set", "1A=x"), None, "1A is no name of a variable"),
        (("set", "B=1", "DATABASE_URL=x"), None, "DATABASE_URL is set by the program"),
        (("set", "--secret", "SECRET_KEY_FILE"), HUNTER, "it is the setting secretKey"),
        (("set", "--secret", f"A={HUNTER}"), None, "--secret takes one NAME"),
        (("set", "--secret", "A"), "x\0y", "NUL"),
        (("set", "--secret", "A"), "", "A is an empty secret"),
        (("set", "--secret", "A"), "\n", "A is an empty secret"),
        (("set", f"A={'x' * 131_072}"), None, "is longer than Linux takes"),
        (("import", "absent.env"), "", "No such file"),
    ],
)
def test_a_wrong_use_changes_nothing(
    project_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    typed: str | None,
    said: str,
) -> None:
    before = (project_folder / "Pulumi.local.yaml").read_text()
    assert env(monkeypatch, *words, typed=typed) in (1, 2)
    error = capsys.readouterr().err
    assert said in error
    assert HUNTER not in error
    assert (project_folder / "Pulumi.local.yaml").read_text() == before


def test_a_pulumi_that_fails_in_the_middle_leaves_the_file_as_it_was(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (project_folder / "Pulumi.local.yaml").read_text()
    calls: list[object] = []
    whole = Stack.pulumi

    def fail_second(self: Stack, *words: str, typed: str = "") -> str:
        calls.append(words)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(self, *words, typed=typed)

    monkeypatch.setattr(Stack, "pulumi", fail_second)
    assert env(monkeypatch, "set", "A=1", "B=2") == 130
    assert (project_folder / "Pulumi.local.yaml").read_text() == before
