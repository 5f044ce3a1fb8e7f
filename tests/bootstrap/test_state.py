"""The environment, the passphrase and the secrets of this clone."""

import json
import os
import shlex
import stat
import subprocess
from pathlib import Path

import pytest

from bootstrap import state
from bootstrap.errors import SetupError

# Writes down how it was called; keeps settings as the real one does, and encrypts nothing.
PULUMI = """\
#!/usr/bin/env python3
import json, pathlib, sys
here, said = pathlib.Path.cwd(), sys.stdin.read()
with open(here / "calls", "a") as calls:
    calls.write(json.dumps({"words": sys.argv[1:], "said": said}) + "\\n")
if sys.argv[1] == "stack":
    file = here / ".local/state/.pulumi/stacks/taskmanager/local.json"
    file.parent.mkdir(parents=True)
    file.write_text("{}")
else:
    key = next(word for word in sys.argv[3:] if not word.startswith("-"))
    with open(here / "Pulumi.local.yaml", "a") as settings:
        settings.write(f"encryptionsalt: x\\n  taskmanager:{key}: x\\n")
"""
ODD = 'a clone\'s "own" $HOME & more'


@pytest.fixture
def clone(tmp_path: Path) -> state.Environment:
    repository = tmp_path / ODD
    command = repository / "pulumi's bin"
    command.mkdir(parents=True)
    (command / "pulumi").write_text(PULUMI)
    (command / "pulumi").chmod(0o755)
    return state.Environment(
        pulumi=command,
        pulumi_home=tmp_path / "home",
        docker_host="unix:///somewhere/docker.sock",
        repository=repository,
        venv=repository / ".venv",
    )


def ensure(clone: state.Environment) -> str:
    return state.ensure(clone, "3.13", default_version="3.12")


def calls(clone: state.Environment) -> list[dict]:
    return [json.loads(line) for line in (clone.repository / "calls").read_text().splitlines()]


def test_a_shell_can_read_the_environment_of_a_clone_with_an_odd_path(
    clone: state.Environment,
) -> None:
    ensure(clone)
    script = f". {shlex.quote(str(clone.local / 'env'))}; " * 2 + "env -0"
    started = {"PATH": "/usr/bin:/bin", "DOCKER_CONTEXT": "remote"}
    printed = subprocess.run(
        ["sh", "-euc", script], env=started, check=True, capture_output=True, text=True
    ).stdout
    read = dict(line.split("=", 1) for line in printed.split("\0") if line)
    assert clone.variables().items() <= read.items()
    assert read["PATH"] == f"{':'.join(clone.path())}:/usr/bin:/bin", "once, though read twice"
    assert "DOCKER_CONTEXT" not in read, "it would override the endpoint"


def test_shared_state_is_used_with_its_own_key(clone: state.Environment) -> None:
    ensure(clone)
    shared = {"STATE_URL": "s3://states", "PULUMI_CONFIG_PASSPHRASE": "of the pipeline"}
    script = f". {shlex.quote(str(clone.local / 'env'))}; env -0"
    printed = subprocess.run(
        ["sh", "-euc", script],
        env={"PATH": "/usr/bin:/bin", **shared},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    read = dict(line.split("=", 1) for line in printed.split("\0") if line)
    assert read["PULUMI_BACKEND_URL"] == "s3://states"
    assert read["PULUMI_CONFIG_PASSPHRASE"] == "of the pipeline"
    assert "PULUMI_CONFIG_PASSPHRASE_FILE" not in read, "it would win over the other"


def test_secrets_are_made_once_and_never_on_a_command_line(clone: state.Environment) -> None:
    ensure(clone)
    secrets = [call for call in calls(clone) if "--secret" in call["words"]]
    assert [call["words"][3] for call in secrets] == list(state.GENERATED)
    for call in secrets:
        assert len(call["said"]) >= 32
        assert call["said"] not in call["words"]
    before = calls(clone)
    assert ensure(clone) == "there already"
    assert calls(clone) == before, "the second run asks Pulumi nothing"


def test_the_passphrase_is_for_its_owner_alone(clone: state.Environment) -> None:
    usual = os.umask(0)
    try:
        ensure(clone)
    finally:
        os.umask(usual)
    assert stat.S_IMODE(clone.passphrase.stat().st_mode) == 0o600


def test_a_lost_passphrase_is_not_replaced_by_one_that_unlocks_nothing(
    clone: state.Environment,
) -> None:
    ensure(clone)
    clone.passphrase.unlink()
    with pytest.raises(SetupError, match="is gone") as told:
        ensure(clone)
    assert "rm -r Pulumi.local.yaml .local/state" in str(told.value)
    assert not clone.passphrase.exists()
