"""The restore of uploads in a container of its own, whose lines a person reads."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from docker.errors import NotFound

from cli import uploads
from cli.deployed import Deployed

DOCKER = """#!/bin/sh
[ "$*" = "start --attach tasks-uploads-restore" ] || exit 9
echo '2026-11-27T01:00:00Z Putting back 3 files'
echo 'Fatal: wrong password' >&2
exit {status}
"""


class Restoring:
    """The container that restores."""

    name = "tasks-uploads-restore"
    removed = False

    def put_archive(self, _path: str, _data: bytes) -> None:
        pass

    def remove(self, *, force: bool) -> None:
        assert force, "it may run still"
        self.removed = True


def absent(name: str) -> None:
    raise NotFound(name)


def deployed(folder: Path, container: Restoring, *, status: int) -> Deployed:
    program = folder / "docker"
    program.write_text(DOCKER.format(status=status))
    program.chmod(0o755)
    mounts = {"/uploads": "tasks-uploads", "/var/lib/backups": "tasks-backups"}
    backup = SimpleNamespace(
        id="1" * 64,
        name="tasks-backup",
        attrs={
            "Image": "sha256:backup",
            "Config": {"Env": ["PGUSER=postgres"]},
            "Mounts": [
                {"Destination": path, "Name": name, "RW": path != "/uploads"}
                for path, name in mounts.items()
            ],
        },
        exec_run=lambda *_, **__: SimpleNamespace(exit_code=0, output=b"the scripts"),
    )
    containers = SimpleNamespace(get=absent, create=lambda *_, **__: container)
    given: Any = SimpleNamespace(
        prefix="tasks",
        running=lambda _part: backup,
        client=SimpleNamespace(containers=containers),
        environment=lambda: {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"},
    )
    return cast(Deployed, given)


@pytest.mark.parametrize("status", [0, 1])
def test_its_lines_are_shown_its_status_counts_and_its_container_goes(
    status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    container = Restoring()
    stack = deployed(tmp_path, container, status=status)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert uploads.are_restored(stack, "2026-11-27T00:00:00Z") is (status == 0)
    assert capsys.readouterr().out == "  Putting back 3 files\n  Fatal: wrong password\n"
    assert container.removed
