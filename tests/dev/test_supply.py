"""Installed packages are locked, and the locks match the requirements."""

import json
import re
from pathlib import Path

import pytest

from bootstrap.offline import go
from bootstrap.paths import ROOT, pinned
from bootstrap.pulumi import CHECKSUMS
from dev import audit
from dev.lock import LOCKS, TOOLS

PINNED = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+?)(?:\s*;.*)?(?:\s*\\)?$", re.M)
DOCKERFILE = (ROOT / "service" / "Dockerfile").read_text()


def _pins(file: Path) -> dict[str, str]:
    """Package to version, of `file` and the files that it includes."""
    text = file.read_text()
    pins = {name.lower().replace("_", "-"): version for name, version in PINNED.findall(text)}
    for other in re.findall(r"^-r (\S+)", text, re.M):
        pins |= _pins(file.parent / other)
    return pins


def _tools(source: str) -> dict[str, str]:
    """The tools' own packages, where `source` includes them."""
    text = (ROOT / source).read_text()
    return _pins(ROOT / TOOLS) if f"-r {TOOLS}\n" in text else {}


def _asked(lock: Path) -> set[str]:
    """The packages that the lock holds because a requirements file names them."""
    blocks = re.split(r"^(?=\S)", lock.read_text(), flags=re.M)
    named = [block for block in blocks if "-r " in block.partition("# via")[2]]
    return {block.partition("==")[0].partition("[")[0] for block in named}


@pytest.mark.parametrize("source", LOCKS)
def test_the_locks_match_the_requirements(source: str) -> None:
    # Where an app asks for another version than the tools, development has that of the tools.
    wanted, lock = _pins(ROOT / source) | _tools(source), ROOT / LOCKS[source]
    held = _pins(lock)
    assert {name: held.get(name) for name in wanted} == wanted, "run: make lock"
    assert _asked(lock) == set(wanted), "run: make lock"


@pytest.mark.parametrize("lock", LOCKS.values())
def test_every_locked_package_has_hashes_and_names_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text()
    blocks = [block for block in re.split(r"^(?=[A-Za-z0-9])", text, flags=re.M) if "==" in block]
    assert [block[:40] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in text


def test_a_package_has_the_same_version_in_every_lock() -> None:
    tools, service, everything, _ = (_pins(ROOT / LOCKS[source]) for source in LOCKS)
    assert (service | tools).items() <= everything.items(), "run: make lock"


def test_the_image_installs_from_the_lock_alone() -> None:
    installs = re.findall(r"pip install (.*)", DOCKERFILE)
    assert installs == ["--no-cache-dir --require-hashes -r requirements.lock"]


def test_the_pulumi_command_has_a_checksum_for_every_machine_in_the_pinned_version() -> None:
    found = re.findall(r"^[0-9a-f]{64}  (\S+)$", CHECKSUMS.read_text(), re.M)
    machines = [f"{system}-{chip}" for system in ("darwin", "linux") for chip in ("arm64", "x64")]
    assert sorted(found) == [f"pulumi-v{pinned('pulumi')}-{one}.tar.gz" for one in machines], (
        "of the release's pulumi-VERSION-checksums.txt"
    )


def test_renovate_renews_the_checksums_of_the_pulumi_command() -> None:
    managers = json.loads((ROOT / "renovate.json").read_text())["customManagers"]
    [own] = [each for each in managers if "pulumi\\.sha256" in each["managerFilePatterns"][0]]
    assert own["datasourceTemplate"] == "github-release-attachments"
    [pattern] = own["matchStrings"]
    # JavaScript names a group without the P.
    found = re.findall(pattern.replace("(?<", "(?P<"), CHECKSUMS.read_text())
    assert [version for _, version in found] == [f"v{pinned('pulumi')}"] * 4


def test_the_go_toolchain_is_installed_from_its_lock_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words: list[object] = []
    monkeypatch.setattr(go.shell, "run", lambda *command, **_: words.extend(command))
    go._install(tmp_path)
    assert words[-3:] == ["--require-hashes", "-r", go.LOCK]
    assert go.LOCK.relative_to(ROOT).as_posix() in LOCKS.values()


@pytest.mark.parametrize(
    ("package", "findings"),
    [
        ({"vulns": []}, audit.Findings([], [])),
        (
            {"vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]},
            audit.Findings(["one 1: CVE-1, fixed in 2"], []),
        ),
        ({"skip_reason": "not found"}, audit.Findings([], ["one"])),
    ],
    ids=["clean", "vulnerable", "an auditor that passes without having asked"],
)
def test_an_audit_tells_no_findings_from_no_answer(package: dict, findings: audit.Findings) -> None:
    report = {"dependencies": [{"name": "one", "version": "1", **package}]}
    assert audit.read(json.dumps(report)) == findings


def test_an_audit_that_crashes_fails() -> None:
    assert audit.read("") == audit.Findings([], ["everything"])
