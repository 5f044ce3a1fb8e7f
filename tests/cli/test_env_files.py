"""Dotenv files: imported by `taskmanager env`, exported, and read back as they were."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.env import dotenv_file, stored
from cli.stack import Stack
from tests.cli.env_command import HUNTER, env, secrets

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def test_a_file_is_imported_whole_with_its_secrets_encrypted(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = project_folder / ".env.production"
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
    project_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project_folder / "an.env").write_text("# x\n\nA='q' # no comment\nB=a=b\nC=\n")
    assert env(monkeypatch, "import", "--literal", "--yes", str(project_folder / "an.env")) == 0
    variables = stored.read(Stack("local")).variables
    assert variables == {"A": "'q' # no comment", "B": "a=b", "C": ""}


def test_a_person_says_which_are_secret_and_a_pipe_does_not_guess(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project_folder / "an.env").write_text("A_TOKEN=1\nB=2\nC=3\n")
    assert env(monkeypatch, "import", str(project_folder / "an.env"), typed="") == 2
    assert "By their names: A_TOKEN" in capsys.readouterr().err
    asked: list[str] = []
    monkeypatch.setattr("builtins.input", lambda question: asked.append(question) or "B C")
    assert env(monkeypatch, "import", str(project_folder / "an.env")) == 0
    assert "[A_TOKEN]" in asked[0]
    assert secrets() == {"B": "2", "C": "3"}


def test_lines_that_are_no_variables_are_named_by_number_and_not_by_content(
    project_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (project_folder / "an.env").write_text(f"A=1\n{HUNTER}\nB='{HUNTER}\n")
    assert env(monkeypatch, "import", "--yes", str(project_folder / "an.env")) == 1
    error = capsys.readouterr().err
    assert "Line 2" in error
    assert "Line 3" in error
    assert "hunter2" not in error
    assert stored.read(Stack("local")) == stored.Stored()


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
