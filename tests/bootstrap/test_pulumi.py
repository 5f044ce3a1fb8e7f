"""The Pulumi CLI is downloaded where its site answers, and built from Go modules elsewhere."""

import hashlib
import io
import tarfile
import urllib.error
from pathlib import Path

import pytest

from bootstrap import cache, pulumi
from bootstrap.errors import SetupError
from bootstrap.paths import pinned

VERSION = pinned("pulumi")


def release() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name in ("pulumi/pulumi", "pulumi/pulumi-language-python"):
            member = tarfile.TarInfo(name)
            member.mode, member.size = 0o755, 4000
            archive.addfile(member, io.BytesIO(bytes(4000)))
    return packed.getvalue()


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """No Pulumi, an empty cache, a site that answers; returns the versions that were built."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setattr(pulumi, "reachable", lambda url: True)
    monkeypatch.setattr(pulumi, "CHECKSUMS", tmp_path / "pulumi.sha256")
    accept(release())
    built: list[str] = []

    def build(version: str) -> Path:
        built.append(version)
        return cache.made("built", lambda directory: None)

    monkeypatch.setattr(pulumi.offline, "cli", build)
    return built


def accept(content: bytes) -> None:
    """Have the checksum of `content` be the one of the release for any machine."""
    digest = hashlib.sha256(content).hexdigest()
    names = [
        f"pulumi-v{VERSION}-{system}-{machine}.tar.gz"
        for system in ("linux", "darwin")
        for machine in ("x64", "arm64")
    ]
    pulumi.CHECKSUMS.write_text("".join(f"{digest}  {name}\n" for name in names))


def serve(monkeypatch: pytest.MonkeyPatch, content: bytes | Exception) -> None:
    def urlopen(url: str, timeout: float) -> io.BytesIO:
        if isinstance(content, Exception):
            raise content
        return io.BytesIO(content)

    monkeypatch.setattr(pulumi.urllib.request, "urlopen", urlopen)


def test_a_release_that_can_be_downloaded_is_used(
    monkeypatch: pytest.MonkeyPatch, bare_machine: list[str]
) -> None:
    serve(monkeypatch, release())
    directory, told = pulumi.ensure_cli()
    assert told.endswith(f"from {pulumi.RELEASES}")
    assert (directory / "pulumi").stat().st_mode & 0o111
    assert not bare_machine, "nothing was built"
    serve(monkeypatch, urllib.error.URLError("asked twice"))
    assert pulumi.ensure_cli()[0] == directory, "the second run downloads nothing"


@pytest.mark.parametrize(
    "content",
    [urllib.error.URLError("no route"), TimeoutError(), release()[:-40], b"<html>proxy</html>"],
    ids=["no route", "time-out", "cut off", "not an archive"],
)
def test_it_is_built_when_the_download_fails(
    monkeypatch: pytest.MonkeyPatch, bare_machine: list[str], content: bytes | Exception
) -> None:
    serve(monkeypatch, content)
    _, told = pulumi.ensure_cli()
    assert "built" in told
    assert bare_machine == [VERSION]
    assert not (cache.root() / f"pulumi-{VERSION}").exists(), "no half download is kept"


def test_a_release_with_another_checksum_is_not_unpacked(
    monkeypatch: pytest.MonkeyPatch, bare_machine: list[str]
) -> None:
    accept(b"the release that was locked")
    serve(monkeypatch, release())
    _, told = pulumi.ensure_cli()
    assert "built" in told
    assert bare_machine == [VERSION], "go.sum holds the checksums of a build's modules"
    assert not (cache.root() / f"pulumi-{VERSION}").exists()


def test_the_message_about_another_checksum_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    accept(b"the release that was locked")
    serve(monkeypatch, release())

    def fail(version: str) -> Path:
        raise SetupError("no module proxy")

    monkeypatch.setattr(pulumi.offline, "cli", fail)
    with pytest.raises(SetupError) as told:
        pulumi.ensure_cli()
    for content in (release(), b"the release that was locked"):
        assert hashlib.sha256(content).hexdigest() in str(told.value)


def test_a_site_out_of_reach_is_not_asked_for_the_file(
    monkeypatch: pytest.MonkeyPatch, bare_machine: list[str]
) -> None:
    monkeypatch.setattr(pulumi, "reachable", lambda url: False)
    serve(monkeypatch, AssertionError("asked"))
    pulumi.ensure_cli()
    assert bare_machine == [VERSION]


def test_a_full_disk_is_said_and_not_taken_for_a_missing_network(
    monkeypatch: pytest.MonkeyPatch, bare_machine: list[str]
) -> None:
    serve(monkeypatch, OSError(28, "No space left on device"))
    with pytest.raises(OSError, match="No space left"):
        pulumi.ensure_cli()
    assert not bare_machine


def test_both_reasons_are_told_when_neither_source_works(monkeypatch: pytest.MonkeyPatch) -> None:
    serve(monkeypatch, urllib.error.URLError("no route"))

    def fail(version: str) -> Path:
        raise SetupError("no module proxy")

    monkeypatch.setattr(pulumi.offline, "cli", fail)
    with pytest.raises(SetupError, match=r"(?s)no route.*no module proxy"):
        pulumi.ensure_cli()


@pytest.mark.parametrize(("installed", "used"), [(VERSION, True), ("3.1.0", False)])
def test_an_installed_pulumi_is_used_in_the_same_version_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, installed: str, used: bool
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    for name in ("pulumi", "pulumi-language-python"):
        (own / name).write_text(f"#!/bin/sh\necho v{installed}\n")
        (own / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{own}:/usr/bin:/bin")
    serve(monkeypatch, release())
    assert (pulumi.ensure_cli()[0] == own) is used


def test_the_plugins_of_a_persons_own_pulumi_home_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = pinned("pulumi-docker")
    (tmp_path / "mine" / "plugins" / f"resource-docker-v{version}").mkdir(parents=True)
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "mine"))
    assert pulumi.ensure_plugin(tmp_path) == (None, f"{version}, already installed")


def test_the_plugins_that_set_up_built_are_not_taken_for_a_persons_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = pinned("pulumi-docker")
    ours = cache.root() / "home"
    (ours / "plugins" / f"resource-docker-v{version}").mkdir(parents=True)
    monkeypatch.setenv("PULUMI_HOME", str(ours))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(pulumi, "reachable", lambda _site: False)
    monkeypatch.setattr(pulumi.offline, "home", lambda _version: ours)
    found, _ = pulumi.ensure_plugin(tmp_path)
    assert found == ours, "a shell without .local/env would lack them"
