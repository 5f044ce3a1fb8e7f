"""Settings of the docker command that name a helper which is not there."""

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
