"""`down` with PURGE=1: the volumes and tags of this stack, and no others."""

from pathlib import Path

import pytest

from cli import down
from infra.errors import UserError
from tests.cli.inventory import Engine, Kept, Thing


def removal(monkeypatch: pytest.MonkeyPatch, stack: Kept) -> int:
    """PURGE=1, with a `pulumi destroy` that succeeds."""
    monkeypatch.setattr(down, "Stack", lambda _name: stack)
    monkeypatch.setattr(down.recovery, "resume", lambda _stack: None)
    monkeypatch.setattr(down.ssh_config, "prepare", lambda _stack: False)
    monkeypatch.setattr(down.operations, "destroy", lambda _stack: 0)
    return down.main("local", purge=True)


def test_a_purge_of_a_second_clone_removes_nothing_of_the_first(
    stack: Kept,
    engine: Engine,
    other: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    engine.vols.append(Thing("taskmanager-uploads", "taskmanager-uploads"))
    assert removal(monkeypatch, stack) == 0
    assert f"a deployment from the folder {other}" in capsys.readouterr().out
    assert not any(volume.did for volume in engine.vols)


def test_a_purge_removes_the_tags_of_the_stack_and_no_others(
    stack: Kept, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = ["taskmanager-2-0123456789ab", "dev", "local-taskmanager-2"]
    others = [*(f"ghcr.io/o/n:{tag}" for tag in others), "redis:8-trixie"]
    own = ["local", "local-postgres", "taskmanager-0123456789ab", "taskmanager-ba9876543210"]
    engine.tags += [*others, *(f"ghcr.io/o/n:{tag}" for tag in own)]
    assert removal(monkeypatch, stack) == 0
    assert engine.tags == others


def test_a_volume_in_use_is_named_with_the_fix(
    stack: Kept, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = "taskmanager-uploads"
    engine.vols.append(Thing(name, name, problem="volume is in use - [c0ffee]"))
    with pytest.raises(UserError, match="volume is in use") as told:
        removal(monkeypatch, stack)
    assert f"docker ps --all --filter volume={name}" in str(told.value)


def test_a_purge_of_a_second_deployment_leaves_the_build_of_the_first(
    stack: Kept, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Kept, "prefix", lambda _: "blue")
    engine.tags += [
        "ghcr.io/o/n:local",
        "ghcr.io/o/n:local-blue",
        "ghcr.io/o/n:local-blue-postgres",
    ]
    assert removal(monkeypatch, stack) == 0
    assert engine.tags == ["ghcr.io/o/n:local"]
