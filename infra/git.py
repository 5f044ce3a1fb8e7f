"""Git, asked about the copy of the source that is deployed."""

import subprocess
from pathlib import Path


def output(folder: Path, *words: str) -> str | None:
    """The output of `git WORDS` in `folder`; None where there is no git, or no repository."""
    try:
        done = subprocess.run(  # noqa: S603 - a list of our own making
            ["git", *words],  # noqa: S607 - whichever git the person uses
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()
