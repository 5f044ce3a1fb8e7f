"""A state in a folder of this machine, and what a Pulumi that was killed leaves in it."""

import subprocess
from pathlib import Path

import pytest

from cli import file_backend


@pytest.fixture
def state(project_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state with one stack, of a person who named the folder without options."""
    monkeypatch.chdir(project_folder)
    return project_folder / "a state" / ".pulumi"


def pulumi(*words: str) -> subprocess.CompletedProcess[str]:
    command = ["pulumi", "--non-interactive", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_state_whose_attributes_were_cut_off_is_readable_again(state: Path) -> None:
    whole = (state / "stacks/taskmanager/local.json").read_text()
    for file in state.rglob("*.attrs"):
        file.write_text("")
    broken = pulumi("stack", "export")
    assert "EOF" in broken.stderr, "else Pulumi has mended it, and this module can go"
    assert file_backend.remove_empty_attributes() > 0
    export = pulumi("stack", "export")
    assert export.returncode == 0, export.stderr
    assert (state / "stacks/taskmanager/local.json").read_text() == whole


def test_attributes_that_are_whole_stay(state: Path) -> None:
    before = sorted(state.rglob("*.attrs"))
    assert before
    assert file_backend.remove_empty_attributes() == 0
    assert sorted(state.rglob("*.attrs")) == before


def test_a_state_elsewhere_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://states")
    assert file_backend.folder() is None
    assert file_backend.remove_empty_attributes() == 0
