"""Values from outside in the scripts of backups: bash evaluates none of them."""

import os
import re
import subprocess
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "infra/scripts"
FILES = sorted(SCRIPTS.rglob("*.sh"))
OF_OUR_OWN = {"SECONDS", "began", "BACKUP_WEEKS"}
"""The names in arithmetic: bash runs a command that the text of any other variable contains."""
HOSTILE = "x[$(touch {mark})]"
PLACES = ("/var/lib/backups", "/var/lib/postgresql/data", "/usr/local/lib/backup", "/tmp/drill")  # noqa: S108 - in the container


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_arithmetic_takes_in_no_value_of_another_container(file: Path) -> None:
    text = re.sub(r"^\s*#.*", "", file.read_text(), flags=re.M)
    expressions = re.findall(r"\$\(\((.*?)\)\)", text)
    names = {name for expression in expressions for name in re.findall(r"[A-Za-z_]\w*", expression)}
    assert names <= OF_OUR_OWN
    assert not re.search(r"\b(eval|let|declare -i)\b|\[\[[^]]* -(eq|ne|lt|le|gt|ge) ", text)


@pytest.fixture
def container(tmp_path: Path) -> Path:
    """The scripts, in a folder that stands for the backup container: its psql answers a command."""
    programs = tmp_path / "bin"
    programs.mkdir()
    answer = HOSTILE.format(mark=tmp_path / "evaluated")
    for name, line in {
        "psql": f"printf '%s\\n' '{answer}'",
        "pgbackrest": "echo '[]'",
        "pg_isready": "true",
        "pg_ctl": "true",
    }.items():
        (programs / name).write_text(f"#!/bin/sh\n{line}\n")
        (programs / name).chmod(0o755)
    for file in SCRIPTS.glob("*.sh"):
        text = file.read_text()
        for place in PLACES:
            text = text.replace(place, f"{tmp_path}{place}")
        (tmp_path / file.name).write_text(text)
    for place in PLACES[:2]:
        (tmp_path / place.lstrip("/")).mkdir(parents=True)
    (tmp_path / "tmp").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [("drill",), ("backup", "database"), ("restore", "seal"), ("restore", "record_timeline")],
    ids=" ".join,
)
def test_an_answer_of_no_known_form_is_evaluated_by_nothing(
    container: Path, words: tuple[str, ...]
) -> None:
    script, *arguments = words
    done = subprocess.run(
        ["bash", str(container / f"{script}.sh"), *arguments],
        env={**os.environ, "PATH": f"{container / 'bin'}:{os.environ['PATH']}", "SCHEDULED": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert not (container / "evaluated").exists(), "a command of Postgres ran in the container"
    if words != ("restore", "seal"):
        assert done.returncode != 0
        assert "gave an answer of no known form" in done.stderr


def test_a_note_of_moved_folders_that_names_another_folder_is_refused(container: Path) -> None:
    data = container / "var/lib/postgresql/data"
    other = container / "other"
    other.mkdir()
    (other / "kept").touch()
    (data / ".moving").write_text(f"in {other} {other}\n")
    (container / "bin/pg_isready").write_text("#!/bin/sh\nexit 1\n")
    done = subprocess.run(
        ["bash", str(container / "restore.sh"), "undo"],
        env={**os.environ, "PATH": f"{container / 'bin'}:{os.environ['PATH']}", "SCHEDULED": "1"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "names other folders" in done.stderr
    assert (other / "kept").exists()
