"""The commit that an image is of, for its label `org.opencontainers.image.revision`."""

import subprocess
from pathlib import Path


def revision(context: Path) -> str:
    """The newest commit that changed a file of `context`; empty where no commit has these files.

    Not the newest of all: each commit would be another image, and so a release. None is given for
    changes that are not committed, and in a shallow clone, which takes its oldest commit for the
    author of every file.
    """
    if _git(context, "rev-parse", "--is-shallow-repository") != "false":
        return ""
    if _git(context, "status", "--porcelain", "--", ".") != "":
        return ""
    return _git(context, "log", "-1", "--format=%H", "--", ".") or ""


def _git(folder: Path, *words: str) -> str | None:
    """The output of git; None where there is no git, or no repository."""
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
