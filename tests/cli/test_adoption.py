"""`adopt`: a deployment whose state is lost, taken into this clone."""

import json
from pathlib import Path
from typing import Any

import pytest

from cli import automation
from cli.adoption import adopt as adoption
from cli.adoption import running
from cli.adoption.running import Running
from cli.resource_types import NETWORK
from infra import project
from infra.errors import UserError
from tests.cli.adoptable import PASSWORD, Host, preview
from tests.cli.inventory import Kept


def test_a_proxy_that_leads_nowhere_is_no_deployment_to_adopt(empty: Kept, host: Host) -> None:
    host.boxes["taskmanager-proxy"].answer = (1, b"cannot connect")
    client: Any = host
    with pytest.raises(UserError, match="no api container that is there"):
        running.look(empty, client)


def test_a_secret_that_is_nowhere_is_named_with_the_ways_on(found: Running) -> None:
    del found.containers["taskmanager-backup"]
    with pytest.raises(UserError, match="backupSecret would be read from") as told:
        found.secrets()
    assert PASSWORD not in str(told.value)
    assert "docker rm --force" in str(told.value)


class Told(Kept):
    """A stack whose Pulumi writes down the words and the input of each command."""

    commands: list[tuple[tuple[str, ...], str]]

    def pulumi(self, *words: str, typed: str = "") -> str:
        self.commands.append((words, typed))
        return ""


@pytest.fixture
def told(
    empty: Kept, host: Host, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[tuple[str, ...], str]]:
    commands: list[tuple[tuple[str, ...], str]] = []
    monkeypatch.setattr(Told, "commands", commands, raising=False)
    monkeypatch.setattr(adoption, "Stack", Told)
    monkeypatch.setattr(adoption.recovery, "refuse_under_way", lambda _stack: [])
    monkeypatch.setattr(project, "root", lambda: tmp_path)
    (tmp_path / "Pulumi.local.yaml").write_text("as it was")

    class Connected:
        def __enter__(self) -> Host:
            return host

        def __exit__(self, *_: object) -> None: ...

    monkeypatch.setattr(adoption.engine_inventory, "engine", Connected)
    return commands


def test_the_secrets_are_typed_and_in_no_argument(
    told: list[tuple[tuple[str, ...], str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = json.dumps({"steps": preview()})
    monkeypatch.setattr(automation, "ask", lambda *_words, **_more: text)
    assert adoption.adopt("local") == 0
    secrets = {
        "databasePassword": PASSWORD,
        "secretKey": "the-key",
        "backupSecret": "of-the-backups",
    }
    typed = {words[3]: text for words, text in told if text}
    assert typed == secrets
    words = {word for command, _ in told for word in command}
    assert not words & set(secrets.values())
    assert {"8123", "::1", "1"} <= words, "the settings that show outside"
    assert told[-1][0][0] == "refresh"


def test_an_adoption_that_fails_leaves_the_clone_as_it_was_and_says_why(
    told: list[tuple[tuple[str, ...], str]], empty: Kept, tmp_path: Path, monkeypatch: Any
) -> None:
    diagnostics = [{"message": "error: keepReleases is 0\n", "severity": "error"}]

    def fail(*_words: str, **_more: str) -> str:
        (tmp_path / "Pulumi.local.yaml").write_text("with the secrets of the other")
        raise automation.CommandFailedError("code 1", json.dumps({"diagnostics": diagnostics}))

    monkeypatch.setattr(automation, "ask", fail)
    with pytest.raises(UserError, match="keepReleases is 0"):
        adoption.adopt("local")
    assert (tmp_path / "Pulumi.local.yaml").read_text() == "as it was"
    assert empty.written == [empty.kept]


def test_a_clone_with_a_deployment_of_its_own_adopts_no_other(
    told: list[tuple[tuple[str, ...], str]], empty: Kept
) -> None:
    own = {"urn": "a::taskmanager-network", "type": NETWORK, "custom": True}
    empty.kept["deployment"]["resources"].append(own)
    with pytest.raises(UserError, match="1 resources of its own, such as taskmanager-network"):
        adoption.adopt("local")
    assert not told
