"""`taskmanager env`: an app's variables and secrets, stored by the real Pulumi."""

import getpass
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli import app
from cli.env import dotenv_file, stored
from cli.stack import Stack
from infra import project

HUNTER = "hunter2-$ecret"
# All of these have a meaning in some shell, file or URL.
ODD = "$ % @ / # \" ' \\ ` ${HOME} $(id)\nline two\ttab Ünïcode 😀\n\n"
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a stack `local`."""
    (tmp_path / "Pulumi.yaml").write_text("name: taskmanager\nruntime: python\n")
    (tmp_path / "Pulumi.local.yaml").write_text("# A comment.\nconfig:\n  taskmanager:port: 1\n")
    (tmp_path / "state").mkdir()
    monkeypatch.setenv("PULUMI_BACKEND_URL", (tmp_path / "state").as_uri())
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of this test")
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)
    monkeypatch.setattr(project, "root", lambda: tmp_path)
    command = ["pulumi", "--non-interactive", "stack", "init", "local"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


def env(monkeypatch: pytest.MonkeyPatch, *words: str, typed: str | None = None) -> int:
    """The exit status; `typed` comes from a pipe, and None is a terminal."""
    read = io.TextIOWrapper(io.BytesIO((typed or "").encode()), encoding="utf-8", newline="")
    monkeypatch.setattr(read, "isatty", lambda: typed is None)
    monkeypatch.setattr(sys, "stdin", read)
    return app.run(["env", *words])


def secrets() -> dict[str, str]:
    return stored.values(Stack("local"), "secrets")


def test_values_of_any_characters_are_stored_as_they_are(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert env(monkeypatch, "set", f"ODD={ODD}", "NUMBER=010", "TRUTH=true", "EMPTY=") == 0
    assert env(monkeypatch, "set", "--secret", "HIDDEN", typed=f"{ODD}\n") == 0
    said = capsys.readouterr().out
    assert said.endswith("Set HIDDEN in Pulumi.local.yaml. It is deployed by: make up\n")
    found = stored.read(Stack("local"))
    assert found.variables == {"ODD": ODD, "NUMBER": "010", "TRUTH": "true", "EMPTY": ""}
    assert secrets() == {"HIDDEN": ODD}
    file = (folder / "Pulumi.local.yaml").read_text()
    assert "# A comment." in file
    assert "line two" in file, "a variable is readable"
    assert file.count("line two") == 1, "and a secret is not"


def test_a_secret_is_typed_unseen_on_a_terminal(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(getpass, "getpass", lambda prompt: f"{prompt}|{HUNTER}")
    assert env(monkeypatch, "set", "--secret", "HIDDEN") == 0
    assert secrets() == {"HIDDEN": f"Value of HIDDEN: |{HUNTER}"}


def test_a_secret_is_never_among_the_words_of_a_command(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    begin = subprocess.Popen.__init__

    def record(self: object, command: list[str], *rest: object, **options: object) -> None:
        started.append(" ".join(map(str, command)) + json.dumps(options.get("env"), default=str))
        begin(self, command, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(subprocess.Popen, "__init__", record)
    (folder / "an.env").write_text(f"API_TOKEN={HUNTER}\n")
    assert env(monkeypatch, "set", "--secret", "HIDDEN", typed=HUNTER) == 0
    assert env(monkeypatch, "import", "--yes", str(folder / "an.env")) == 0
    assert len(started) >= 2
    assert not [words for words in started if HUNTER in words]


def test_a_variable_that_becomes_a_secret_is_plain_no_more(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    env(monkeypatch, "set", f"A={HUNTER}")
    env(monkeypatch, "set", "--secret", "A", typed=HUNTER)
    assert stored.read(Stack("local")).variables == {}
    assert HUNTER not in (folder / "Pulumi.local.yaml").read_text()
    env(monkeypatch, "set", "A=1")
    assert secrets() == {}


def test_the_list_and_the_export_show_no_secret_unless_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
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
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    env(monkeypatch, "set", "A=1", "B=2")
    env(monkeypatch, "set", "--secret", "C", typed="3")
    assert env(monkeypatch, "unset", "A", "C") == 0
    assert stored.read(Stack("local")) == stored.Stored(variables={"B": "2"})
    before = (folder / "Pulumi.local.yaml").read_text()
    assert env(monkeypatch, "unset", "B", "D") == 2
    assert "Not set on stack local: D. Set are: B." in capsys.readouterr().err
    assert (folder / "Pulumi.local.yaml").read_text() == before


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
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    typed: str | None,
    said: str,
) -> None:
    before = (folder / "Pulumi.local.yaml").read_text()
    assert env(monkeypatch, *words, typed=typed) in (1, 2)
    error = capsys.readouterr().err
    assert said in error
    assert HUNTER not in error
    assert (folder / "Pulumi.local.yaml").read_text() == before


def test_a_file_is_imported_whole_with_its_secrets_encrypted(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / ".env.production"
    file.write_bytes(
        b"# made by hand\r\nexport CORS_ORIGINS=https://a.example # ours\r\n"
        b"GREETING=\"two\\nlines ${NAME}\"\r\nQUOTED='it is # all'\r\n"
        b"SMTP_URL=smtp://me:hunter2-$ecret@mail.example\r\nSTRIPE_API_KEY=hunter2-$ecret\r\n"
        b"EMPTY_TOKEN=\r\nKEYBOARD=qwerty\r\nDATABASE_URL=postgresql://elsewhere\r\n"
    )
    assert env(monkeypatch, "import", "--yes", str(file)) == 0
    said = capsys.readouterr().out
    assert HUNTER not in said
    assert "Left out: DATABASE_URL: it follows from the stack." in said
    assert "docker's --env-file reads CORS_ORIGINS, GREETING, QUOTED differently" in said
    assert "A ${…} stays as it is written in: GREETING." in said
    assert "Set 7 variables, 2 of them secret" in said
    assert stored.read(Stack("local")).variables == {
        "CORS_ORIGINS": "https://a.example",
        "GREETING": "two\nlines ${NAME}",
        "QUOTED": "it is # all",
        "EMPTY_TOKEN": "",
        "KEYBOARD": "qwerty",
    }
    assert secrets() == {
        "SMTP_URL": "smtp://me:hunter2-$ecret@mail.example",
        "STRIPE_API_KEY": HUNTER,
    }


def test_literally_a_file_is_read_as_docker_reads_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "an.env").write_text("# x\n\nA='q' # no comment\nB=a=b\nC=\n")
    assert env(monkeypatch, "import", "--literal", "--yes", str(folder / "an.env")) == 0
    variables = stored.read(Stack("local")).variables
    assert variables == {"A": "'q' # no comment", "B": "a=b", "C": ""}


def test_a_person_says_which_are_secret_and_a_pipe_does_not_guess(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "an.env").write_text("A_TOKEN=1\nB=2\nC=3\n")
    assert env(monkeypatch, "import", str(folder / "an.env"), typed="") == 2
    assert "By their names: A_TOKEN" in capsys.readouterr().err
    asked: list[str] = []
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "B C")
    assert env(monkeypatch, "import", str(folder / "an.env")) == 0
    assert "[A_TOKEN]" in asked[0]
    assert secrets() == {"B": "2", "C": "3"}


def test_lines_that_are_no_variables_are_named_by_number_and_not_by_content(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "an.env").write_text(f"A=1\n{HUNTER}\nB='{HUNTER}\n")
    assert env(monkeypatch, "import", "--yes", str(folder / "an.env")) == 1
    error = capsys.readouterr().err
    assert "Line 2" in error
    assert "Line 3" in error
    assert "hunter2" not in error
    assert stored.read(Stack("local")) == stored.Stored()


def test_a_pulumi_that_fails_in_the_middle_leaves_the_file_as_it_was(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (folder / "Pulumi.local.yaml").read_text()
    calls: list[object] = []
    whole = Stack.pulumi

    def fail_second(self: Stack, *words: str, typed: str = "") -> str:
        calls.append(words)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(self, *words, typed=typed)

    monkeypatch.setattr(Stack, "pulumi", fail_second)
    assert env(monkeypatch, "set", "A=1", "B=2") == 130
    assert (folder / "Pulumi.local.yaml").read_text() == before


@given(st.dictionaries(st.sampled_from(["A", "B_1", "lower"]), TEXTS))
def test_an_exported_file_is_read_back_as_it_was(texts: dict[str, str]) -> None:
    assert dotenv_file.parse(dotenv_file.write(texts), literal=False).texts == texts


@pytest.mark.parametrize(
    "text", ["plain", "two words", "a$HOME", "`id`", "a\nb", "tail ", '"'], ids=repr
)
def test_a_shell_reads_an_exported_value_alike_where_it_has_no_quote_or_backslash(
    text: str,
) -> None:
    script = f'{dotenv_file.write({"A": text})}printf %s "$A"'
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == text
