"""Processes beside the api containers, and commands that run once."""

import signal
import subprocess
import sys
import time

import pytest

from testkit.deployment import Deployment

CONTEXT = "import os; print(os.environ['RELEASE'], open('/run/secrets/database_url').read()[:13])"


def test_a_command_runs_in_the_environment_of_the_release_and_gives_its_status(
    running: Deployment,
) -> None:
    before = running.names()
    done = running.tool("run", "sh", "-c", "echo to stdout; echo to stderr >&2; exit 3")
    assert done.status == 3, done.text
    assert {"to stdout", "to stderr"} <= set(done.text.splitlines())
    said = running.tool("run", "python", "-c", CONTEXT).or_raise(("run",)).text
    assert f"{running.version()} postgresql://" in said
    echoed = running.tool("run", "cat", typed="typed into it\n").or_raise(("run",)).text
    assert "typed into it" in echoed
    assert running.tool("run", "no-such-command").status == 127
    assert running.names() == before, "each container is removed"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_command_and_its_container_is_removed(
    running: Deployment, number: signal.Signals
) -> None:
    words = [sys.executable, "-m", "cli", "run", "sh", "-c", "echo begun; exec sleep 300"]
    with subprocess.Popen(
        words,
        cwd=running.folder,
        env=running.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        [name] = running.names("run-")
        process.send_signal(number)
        assert process.wait(timeout=30) == 128 + number
    assert not running.names("run-"), f"{name} is removed"


def test_down_ends_a_command_that_runs_still_and_removes_the_network(running: Deployment) -> None:
    words = [sys.executable, "-m", "cli", "run", "sleep", "300"]
    with subprocess.Popen(words, cwd=running.folder, env=running.environment()) as process:
        while not running.names("run-"):
            time.sleep(0.2)
            assert process.poll() is None
        running.tool("down", "--yes").or_raise(("down",))
        assert process.wait(timeout=30) != 0
    assert not running.names()
