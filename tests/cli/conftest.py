"""Stacks whose state is at hand, and Docker Engines in memory."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cli import engine_inventory
from cli.adoption import running
from cli.adoption.running import Running
from infra import project
from infra.names import FOLDER, RELEASED_BY
from tests.cli.adoptable import Host
from tests.cli.inventory import Engine, Kept, Thing, whole


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    made = Engine()

    @contextmanager
    def connected() -> Iterator[Engine]:
        yield made

    monkeypatch.setattr(engine_inventory, "engine", connected)
    return made


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Kept:
    state = {"deployment": {"resources": whole()}}
    monkeypatch.setattr(Kept, "kept", state, raising=False)
    monkeypatch.setattr(Kept, "written", [], raising=False)
    return Kept("local")


@pytest.fixture
def other(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the clone that made what the engine has."""
    first = tmp_path / "the first"
    (first / ".local" / "state").mkdir(parents=True)
    engine.nets[0] = Thing("n-2", "taskmanager")
    engine.things["c-api"].labels = {FOLDER: str(first), RELEASED_BY: "ada@laptop"}
    monkeypatch.setattr(project, "root", lambda: tmp_path / "second")
    return first


@pytest.fixture
def host() -> Host:
    """A Docker Engine with a deployment that no state knows."""
    return Host()


@pytest.fixture
def found(empty: Kept, host: Host) -> Running:
    """The deployment of that Docker Engine."""
    client: Any = host
    return running.look(empty, client)


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> Kept:
    """A stack that has deployed nothing."""
    state = {"deployment": {"resources": []}}
    monkeypatch.setattr(Kept, "kept", state, raising=False)
    monkeypatch.setattr(Kept, "written", [], raising=False)
    return Kept("local")


@pytest.fixture
def project_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with a stack `local`, of the real Pulumi."""
    (tmp_path / "Pulumi.yaml").write_text("name: taskmanager\nruntime: python\n")
    (tmp_path / "Pulumi.local.yaml").write_text("# A comment.\nconfig:\n  taskmanager:port: 1\n")
    (tmp_path / "a state").mkdir()
    monkeypatch.setenv("PULUMI_BACKEND_URL", (tmp_path / "a state").as_uri())
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "of this test")
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE_FILE", raising=False)
    monkeypatch.setattr(project, "root", lambda: tmp_path)
    command = ["pulumi", "--non-interactive", "stack", "init", "local"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    return tmp_path
