"""Folders that people clone into, with names that mean something to one program or another."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from bootstrap import state, venv
from bootstrap.errors import SetupError
from bootstrap.paths import LOCK, ROOT
from cli import recovery

NAMES = ("c#", "what?", "100%", "a%20b", "with blank", "o'clock", "$HOME", "[x] {y}", "ü;&")


@pytest.fixture(params=NAMES)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    place = tmp_path / request.param
    place.mkdir()
    return place


@pytest.fixture
def environment(folder: Path) -> state.Environment:
    """Of a clone in `folder`, with the Pulumi that this project uses."""
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    command = shutil.which("pulumi")
    assert command, "set-up puts it into PATH"
    home = os.environ.get("PULUMI_HOME")
    return state.Environment(
        pulumi=Path(command).parent,
        pulumi_home=Path(home) if home else None,
        docker_host="unix:///var/run/docker.sock",
        repository=folder,
        venv=folder / ".venv",
    )


def test_set_up_keeps_the_state_inside_the_clone(
    environment: state.Environment, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state, "GENERATED", {})
    state.ensure(environment, "3.12", default_version="3.12")
    assert (folder / ".local/state/.pulumi/stacks/taskmanager/local.json").is_file()
    assert [path.name for path in folder.parent.iterdir()] == [folder.name], "and nowhere else"
    attributes = list(folder.rglob("*.attrs"))
    assert not attributes, "a Pulumi that is killed can leave one that it cannot read"
    again = state.ensure(environment, "3.12", default_version="3.12")
    assert again == "there already"


def test_the_lock_of_a_deployment_is_seen_there(
    environment: state.Environment, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / ".local/state/.pulumi/locks/organization/taskmanager/local/0c5e.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"pid": 1, "username": "ada", "hostname": "h", "timestamp": "2026"}')
    monkeypatch.setenv("PULUMI_BACKEND_URL", environment.variables()["PULUMI_BACKEND_URL"])
    assert [lock.username for lock in recovery._locks("local")] == ["ada"]


def test_a_shell_in_that_folder_reads_the_environment(
    environment: state.Environment, folder: Path
) -> None:
    (folder / ".local").mkdir()
    environment.write()
    script = '. .local/env && printf "%s" "$PULUMI_CONFIG_PASSPHRASE_FILE"'
    words = ["sh", "-euc", script]
    said = subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True).stdout
    assert said == str(folder / ".local" / "passphrase")


def test_the_packages_of_a_lock_are_installed_from_there(folder: Path) -> None:
    python, uv = folder / ".venv/bin/python", venv.tool("uv", ROOT / ".venv")
    subprocess.run([uv, "venv", "--quiet", folder / ".venv"], check=True)
    _, lines = venv.locked("uv", LOCK)
    (folder / "only.lock").write_text(lines)
    words = ("--dry-run", "--require-hashes", "-r", folder / "only.lock")
    subprocess.run([uv, "pip", "install", "-q", "--python", python, *words], check=True)


def test_a_folder_with_a_colon_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="colon") as told:
        venv.create(tmp_path / "a:b" / ".venv")
    assert "rename the folder" in str(told.value)
    assert not (tmp_path / "a:b").exists()
