"""The files of the project as a person has them."""

import os
import shutil
import subprocess
from pathlib import Path

from bootstrap.paths import ROOT


def tracked(folder: Path = ROOT) -> list[Path]:
    """The files and links of the project that are there, relative to `folder`.

    Those that git lists; without git, or without a repository (an unpacked archive), those that
    .gitignore does not name.
    """
    names = _listed_by_git(folder) or _not_ignored(folder)
    return [name for name in names if (folder / name).is_file() or (folder / name).is_symlink()]


def _listed_by_git(folder: Path) -> list[Path]:
    """Nothing where there is no git, no repository, or another one around the folder."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=folder, check=True, capture_output=True, text=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    return [Path(name) for name in listed.split("\0") if name]


def _not_ignored(folder: Path) -> list[Path]:
    lines = (folder / ".gitignore").read_text().splitlines()
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    # Of the patterns of git: names, names at the top (/name), names of folders (name/).
    folders = {".git"} | {line.strip("/") for line in patterns if line.endswith("/")}
    files = {line.strip("/") for line in patterns if not line.endswith("/")}
    found: list[Path] = []
    for place, below, names in os.walk(folder):
        links = [name for name in below if (Path(place) / name).is_symlink()]
        below[:] = sorted(name for name in below if name not in folders and name not in links)
        kept = (name for name in (*names, *links) if name not in files)
        found += [(Path(place) / name).relative_to(folder) for name in kept]
    return sorted(found)


def copy_files(folder: Path, *, without: tuple[str, ...] = ()) -> None:
    """Copy the tracked files into `folder`, but for those `without` says by their first part."""
    for name in tracked():
        if name.parts[0] not in without:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target, follow_symlinks=False)


def copy_to(folder: Path) -> None:
    """Copy the files of a deployment into `folder`, which uses this copy's packages."""
    copy_files(folder, without=("tests",))
    for link in (folder / ".venv", folder / "infra" / ".venv"):
        link.unlink(missing_ok=True)
        link.symlink_to(ROOT / ".venv")
