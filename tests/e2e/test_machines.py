"""The checkouts and shells that people have: each previews a deployment as the usual one does."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from testkit.clone import Clone, cloned
from testkit.working_copy import tracked

Prepare = Callable[[Clone, Path], Clone]


def _as_it_is(clone: Clone, _place: Path) -> Clone:
    return clone


def _archive(clone: Clone, _place: Path) -> Clone:
    """An unpacked archive: no repository, and no mode that says what can be executed."""
    shutil.rmtree(clone.folder / ".git")
    for name in tracked(clone.folder):
        if not (clone.folder / name).is_symlink():
            (clone.folder / name).chmod(0o644)
    return clone


def _no_git(clone: Clone, place: Path) -> Clone:
    """A machine without the git command: PATH has all the others."""
    programs = place / "programs"
    programs.mkdir()
    for folder in reversed(os.environ["PATH"].split(os.pathsep)):
        for program in Path(folder).glob("*") if Path(folder).is_dir() else ():
            link = programs / program.name
            link.unlink(missing_ok=True)
            if program.name != "git":
                link.symlink_to(program)
    clone.variables["PATH"] = str(programs)
    return _archive(clone, place)


def _detached(clone: Clone, _place: Path) -> Clone:
    _git(clone, "checkout", "-q", "--detach")
    return clone


def _shallow(clone: Clone, place: Path) -> Clone:
    _git(clone, "commit", "-q", "--allow-empty", "-m", "another")
    _git(clone, "clone", "-q", "--depth", "1", clone.folder.as_uri(), str(place / "shallow"))
    return _moved(clone, place / "shallow")


def _worktree(clone: Clone, place: Path) -> Clone:
    _git(clone, "worktree", "add", "-q", str(place / "worktree"))
    return _moved(clone, place / "worktree")


def _private(clone: Clone, _place: Path) -> Clone:
    """By umask 077."""
    for path in (clone.folder, *clone.folder.rglob("*")):
        if not path.is_symlink() and ".git" not in path.parts:
            path.chmod(0o700 if path.is_dir() else path.stat().st_mode & 0o700)
    return clone


def _plain_locale(clone: Clone, _place: Path) -> Clone:
    clone.variables.update(LC_ALL="C", LANG="C")
    return clone


def _moved(clone: Clone, folder: Path) -> Clone:
    for name in (".venv", "Pulumi.local.yaml"):
        shutil.copy(clone.folder / name, folder / name, follow_symlinks=False)
    clone.deployment.folder = folder
    return clone


def _git(clone: Clone, *words: str) -> None:
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b.c")
    subprocess.run([*git, *words], cwd=clone.folder, check=True, capture_output=True)


MACHINES: dict[str, Prepare] = {
    "a clone": _as_it_is,
    "an unpacked archive": _archive,
    "no git": _no_git,
    "a detached head": _detached,
    "a shallow clone": _shallow,
    "a worktree": _worktree,
    "umask 077": _private,
    "the locale C": _plain_locale,
}


@pytest.mark.parametrize("machine", MACHINES)
def test_a_deployment_is_previewed_and_the_project_copied_from_every_checkout(
    tmp_path: Path, machine: str
) -> None:
    folder = tmp_path / "clone"
    folder.mkdir()
    with cloned(folder, packages=True) as clone:
        ready = MACHINES[machine](clone, tmp_path)
        said = ready.run("make preview")
        assert "to create" in said
        assert "Traceback" not in said
        made = ready.run(f"make new NAME=orders TO={tmp_path / 'orders'}")
        assert "orders is in" in made
    assert (tmp_path / "orders" / "infra" / "__main__.py").is_file()
    assert (tmp_path / "orders" / "infra" / ".venv").is_symlink()
    assert not (tmp_path / "orders" / "Pulumi.local.yaml").exists(), "the clone's own secrets"
