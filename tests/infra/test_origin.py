"""An image names the commit that it is of, and a commit beside it makes no other image."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from bootstrap.paths import ROOT
from infra import origin
from testkit.recorded.ec2 import deploy
from testkit.recorded.program import run


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"]
    command = ["git", *identity, *words]
    plain = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    done = subprocess.run(
        command, cwd=folder, env=plain, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder: Path, name: str) -> str:
    """Commit a changed file called `name`; gives the commit."""
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(file.read_text() + "more\n" if file.exists() else "first\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", name)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "clone"
    folder.mkdir()
    git(folder, "init", "--quiet")
    return folder


def test_the_revision_is_of_the_last_commit_that_changed_the_service(clone: Path) -> None:
    changed = commit(clone, "service/app.py")
    assert commit(clone, "README.md") != changed
    assert origin.revision(clone / "service") == changed


def test_files_that_no_commit_has_are_of_none(clone: Path) -> None:
    commit(clone, "service/app.py")
    (clone / "service/app.py").write_text("not committed\n")
    assert origin.revision(clone / "service") == ""
    git(clone, "checkout", "--quiet", ".")
    (clone / "service/new.py").touch()
    assert origin.revision(clone / "service") == ""


def test_a_shallow_clone_knows_no_revision(clone: Path, tmp_path: Path) -> None:
    commit(clone, "service/app.py")
    commit(clone, "README.md")
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{clone}", "shallow")
    assert origin.revision(tmp_path / "shallow/service") == ""


def test_a_folder_without_a_repository_has_no_revision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert origin.revision(tmp_path) == ""


def test_only_an_image_that_goes_to_a_registry_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "revision", lambda context: f"commit-of-{context.name}")
    by_name = {node.name: node.inputs["build"]["args"] for node in deploy("dev").of("image:Image")}
    assert by_name.pop("taskmanager-dev-image")["REVISION"] == "commit-of-service"
    # Its Dockerfile takes none: another image of Postgres is a restart of the database.
    assert not any("REVISION" in arguments for arguments in by_name.values())
    for node in run().of("image:Image"):
        assert "REVISION" not in node.inputs["build"].get("args", {})


def test_the_image_has_the_labels_of_the_open_container_initiative() -> None:
    text = (ROOT / "service/Dockerfile").read_text()
    labels = dict(re.findall(r'org\.opencontainers\.image\.(\w+)="(.*?)"', text))
    version = re.search(r'^version = "(.*)"$', (ROOT / "pyproject.toml").read_text(), re.M)
    assert version
    assert labels == {
        "source": "${SOURCE_URL}",
        "revision": "${REVISION}",
        "version": version[1],
        "licenses": "MIT",
    }
