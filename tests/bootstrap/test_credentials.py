"""Settings of the docker command that name a credential helper that is missing, or that fails."""

import json
from pathlib import Path

import pytest

from bootstrap import credentials
from bootstrap.errors import SetupError


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the docker command; PATH has one helper, `there`."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "docker-credential-there").write_text("#!/bin/sh\n")
    (programs / "docker-credential-there").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return tmp_path / "config.json"


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ({"credsStore": "desktop"}, "credsStore"),
        ({"credHelpers": {"docker.io": "desktop"}}, "credHelpers.docker.io"),
    ],
)
def test_a_missing_helper_is_named_with_its_setting_and_the_fix(
    settings: Path, content: dict, key: str
) -> None:
    settings.write_text(json.dumps(content))
    with pytest.raises(SetupError, match="docker-credential-desktop is not in PATH") as told:
        credentials.refuse_broken()
    assert f"Remove {key} from that file" in str(told.value)
    assert str(settings) in str(told.value)


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        '{"credsStore": "there"}',
        '{"credsStore": ""}',
        '{"credHelpers": {"registry.example.test": "desktop"}}',
        "no json",
        "[]",
    ],
)
def test_anything_else_is_left_to_docker(settings: Path, content: str) -> None:
    settings.write_text(content)
    credentials.refuse_broken()


def test_no_settings_are_fine(settings: Path) -> None:
    assert not settings.exists()
    credentials.refuse_broken()


def helper(settings: Path, script: str) -> None:
    """Make the helper `there` run `script`."""
    settings.write_text('{"credsStore": "there"}')
    (settings.parent / "bin" / "docker-credential-there").write_text(f"#!/bin/sh\n{script}\n")


def test_a_helper_that_fails_is_named_with_its_reason_and_the_fix(settings: Path) -> None:
    helper(settings, "echo 'the keychain is locked'; exit 1")
    with pytest.raises(SetupError, match=r"fails: the keychain is locked \(exit 1\)") as told:
        credentials.refuse_broken()
    assert "remove credsStore from that file" in str(told.value)


def test_a_helper_that_does_not_answer_is_not_waited_for_for_ever(
    settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "HELPER_SECONDS", 0.1)
    helper(settings, "read line; read line; while :; do :; done")
    with pytest.raises(SetupError, match="no answer within"):
        credentials.refuse_broken()


@pytest.mark.parametrize(
    "script",
    ["echo 'credentials not found in native keychain'; exit 1", 'echo \'{"Secret": "a"}\''],
    ids=["it has none", "it has some"],
)
def test_a_helper_that_works_is_left_alone(settings: Path, script: str) -> None:
    helper(settings, script)
    credentials.refuse_broken()
