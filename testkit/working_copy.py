"""The files of the project as a person has them."""

import shutil
import subprocess
from pathlib import Path

from bootstrap.paths import ROOT


def tracked(folder: Path = ROOT) -> list[Path]:
    """The files and links under version control that are there, relative to `folder`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout
    names = [Path(name) for name in listed.split("\0") if name]
    return [name for name in names if (folder / name).is_file() or (folder / name).is_symlink()]


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
