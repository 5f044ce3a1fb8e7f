"""The files of the project as a person has them."""

import subprocess
from pathlib import Path

from tools.setup.paths import REPOSITORY


def tracked(folder: Path = REPOSITORY) -> list[Path]:
    """The files and links under version control that are there, relative to `folder`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=folder, check=True, capture_output=True, text=True
    ).stdout
    names = [Path(name) for name in listed.split("\0") if name]
    return [name for name in names if (folder / name).is_file() or (folder / name).is_symlink()]
