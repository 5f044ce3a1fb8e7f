"""`up` with images that were built before."""

from typing import Any

import pytest
from typer.testing import CliRunner

from bootstrap.paths import ROOT
from cli import engine_inventory, operations, recovery, ssh_config, up
from cli.app import app
from infra import project
from infra.config import StackConfig

API, POSTGRES = f"owner/api@sha256:{'a' * 64}", f"owner/postgres@sha256:{'b' * 64}"


def test_each_image_becomes_the_setting_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed: list[tuple[str, ...]] = []

    def deploy(_stack: object, *options: str, progress: object) -> int:
        deployed.append(options)
        return 1

    def nothing(*_: Any) -> None:
        return None

    monkeypatch.setattr(operations, "up", deploy)
    monkeypatch.setattr(ssh_config, "prepare", nothing)
    monkeypatch.setattr(recovery, "resume", nothing)
    monkeypatch.setattr(engine_inventory, "reconcile", nothing)
    monkeypatch.setattr(project, "root", lambda: ROOT)
    words = ["up", "--stack=dev", f"--image={API}", f"--postgres-image={POSTGRES}"]
    CliRunner().invoke(app, words)
    [options] = deployed
    given = dict(
        option.removeprefix("--config=taskmanager:").split("=", 1)
        for option in options
        if option.startswith("--config=")
    )
    assert given == {"image": API, "postgresImage": POSTGRES}, "the service would run as a database"
    assert set(given) <= set(StackConfig.by_key())


def test_an_image_that_is_not_given_changes_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    deployed: list[tuple[str, ...]] = []

    def deploy(_stack: object, *options: str, progress: object) -> int:
        deployed.append(options)
        return 0

    monkeypatch.setattr(operations, "up", deploy)
    stack: Any = type("Stack", (), {"name": "dev"})()
    assert up.deploy(stack, {"image": "", "postgresImage": ""}) == 0
    assert deployed == [()]
