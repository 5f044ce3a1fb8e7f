"""The locks: two resolutions, all of them written or none."""

import os
from pathlib import Path

import pytest

from dev import lock

UV = """#!/bin/sh
# Writes its words as the lock; refuses those that REFUSES names.
for word in "$@"; do
    case "$word" in
        --output-file=*) file="${word#*=}" ;;
    esac
done
case "$* " in
    *$REFUSES*) echo "error: No solution found" >&2; exit 1 ;;
esac
echo "$*" >"$file"
"""
NOTHING = "no words of any command"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with requirements and old locks, and a uv that a test tells what to refuse."""
    for source in lock.WAYS:
        for name in (source, lock.LOCKS[source]):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("old\n")
    uv = tmp_path / "bin/uv"
    uv.parent.mkdir()
    uv.write_text(UV)
    uv.chmod(0o755)
    monkeypatch.setenv("PATH", f"{uv.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("REFUSES", NOTHING)
    monkeypatch.setattr(lock, "ROOT", tmp_path)
    return tmp_path


def _locks(project: Path) -> dict[str, str]:
    return {source: (project / lock.LOCKS[source]).read_text() for source in lock.WAYS}


def test_every_set_is_locked(project: Path) -> None:
    assert lock.main(["--upgrade"]) == 0
    for source, text in _locks(project).items():
        assert text.rstrip().endswith(f"{source} --upgrade")


@pytest.mark.parametrize("source", lock.WAYS)
def test_where_one_set_cannot_be_locked_every_lock_is_as_it_was(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], source: str
) -> None:
    monkeypatch.setenv("REFUSES", f" {source} ")
    assert lock.main(["--upgrade"]) == 1
    assert set(_locks(project).values()) == {"old\n"}
    said = capsys.readouterr().err
    assert "No solution found" in said, "why"
    assert f"{source} cannot be locked" in said


def test_an_app_that_wants_other_versions_than_the_tools_is_locked_by_itself(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REFUSES", "--constraint=")
    assert lock.main([]) == 0
    locks = _locks(project)
    assert "--constraint" not in locks[lock.SERVICE]
    assert "--override=requirements.lock" in locks[lock.DEVELOPMENT], "the tools must work"
