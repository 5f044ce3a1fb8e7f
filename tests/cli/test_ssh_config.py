"""The settings that a deployment gives to ssh, as ssh itself reads them."""

import subprocess
from pathlib import Path

import pytest

from cli import ssh_config
from cli.stack import Stack
from infra import project
from infra.errors import UserError
from tests.bootstrap.test_folders import NAMES


class Configured(Stack):
    """A stack on AWS that is reached through the Session Manager."""

    def setting(self, key: str) -> str:
        return {"target": "ec2", "access": "ssm", "region": "eu-central-1"}[key]


@pytest.fixture
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the person's own sockets."""
    folder = tmp_path / "run"
    folder.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.delenv("DOCKER_SSH_OPTS", raising=False)
    return folder


@pytest.mark.parametrize("name", ["plain", *NAMES])
def test_ssh_finds_the_hosts_of_a_clone_in_any_folder(
    tmp_path: Path, runtime: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / name
    clone.mkdir()
    monkeypatch.setattr(project, "root", lambda: clone)
    monkeypatch.setattr("sys.executable", str(clone / ".venv/bin/python"))
    # As the provider takes it apart.
    options = ssh_config.environment(Configured("dev"))["DOCKER_SSH_OPTS"].split(" ")
    words = ["ssh", *options, "-G", "example.test"]
    told = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    read = dict(line.split(" ", 1) for line in told.splitlines() if " " in line)
    known_hosts = Path(read["userknownhostsfile"])
    known_hosts.write_text("written by ssh")
    assert (clone / ".local/ssh/known_hosts").read_text() == "written by ssh"
    assert read["controlpath"].startswith(f"{runtime}/tm-")
    python, *rest = _words(read["proxycommand"].replace("%%", "%"))
    assert python == str(clone / ".venv/bin/python")
    assert rest == ["-m", "cli.ssm_proxy", "%h", "%p", "eu-central-1"]


def _words(command: str) -> list[str]:
    """The words that a shell makes of `command`."""
    script = f"for word in {command}; do printf '%s\\0' \"$word\"; done"
    said = subprocess.run(["sh", "-c", script], check=True, capture_output=True, text=True).stdout
    return said.split("\0")[:-1]


def test_a_home_that_no_setting_of_ssh_can_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clone = tmp_path / "with blank"
    clone.mkdir()
    monkeypatch.setattr(project, "root", lambda: clone)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(clone / "run"))
    monkeypatch.delenv("DOCKER_SSH_OPTS", raising=False)
    with pytest.raises(UserError, match="XDG_RUNTIME_DIR") as told:
        ssh_config.environment(Configured("dev"))
    assert str(clone) in str(told.value)
