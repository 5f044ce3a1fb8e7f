"""Starting the engine where one was killed before."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import dockerd


@pytest.fixture
def pid_file(tmp_path: Path) -> Path:
    return tmp_path / "dockerd.pid"


@pytest.mark.parametrize(
    "content",
    [pytest.param(str(os.getpid()), id="another program"), "999999999", "", "not a number"],
)
def test_the_number_of_a_killed_daemon_does_not_stop_the_next(pid_file: Path, content: str) -> None:
    pid_file.write_text(content)
    dockerd.forget_ended(pid_file, program="dockerd")
    assert not pid_file.exists(), "dockerd refuses to start when any process has that number"


def test_the_number_of_a_running_daemon_is_kept(pid_file: Path) -> None:
    named = ["dockerd", "-c", "print('up', flush=True); input()"]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        named, executable=sys.executable, stdin=pipe, stdout=pipe, text=True
    ) as running:
        # Its command line can be read a moment later than it has started.
        assert running.stdout is not None
        running.stdout.readline()
        pid_file.write_text(str(running.pid))
        dockerd.forget_ended(pid_file, program="dockerd")
        running.communicate("\n")
    assert pid_file.exists(), "a second daemon would take the first one's data"
