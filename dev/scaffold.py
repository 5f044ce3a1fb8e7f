"""Copy this project under another name: `python -m dev.scaffold NAME [OWNER [FOLDER]]`."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

from bootstrap import venv
from bootstrap.errors import SetupError
from bootstrap.paths import ROOT, VENV
from testkit.working_copy import tracked

NAME = re.compile(r"[a-z][a-z0-9-]{1,19}")
OWNER = re.compile(r"[a-z0-9][a-z0-9-]{0,38}")
# Files that projects on one machine share: downloads and offline builds.
SHARED = (
    "bootstrap/cache.py",
    "bootstrap/offline/images",
    "testkit/docker_engines.py",
    "testkit/networks.py",
)
CHANGELOG = "CHANGELOG.md"
FIRST_RELEASE = re.compile(r"^## .*", re.MULTILINE | re.DOTALL)


class NewError(Exception):
    """Something a person can mend; the text says how."""


def main(name: str = "", owner: str = "owner", folder: str = "") -> int:
    """Write the copy and print the next commands."""
    try:
        target = Path(folder) if folder else ROOT.parent / name
        copy(check(name, owner), owner, to=target)
    except (NewError, SetupError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(
        f"{name} is in {target}: containers, databases, image and Pulumi project bear its name.\n\n"
        f"Next:\n  cd {target}\n"
        "  Put your own app into service/: docs/your-own-app.md says what is expected of it.\n"
        "  make up"
    )
    return 0


def check(name: str, owner: str) -> str:
    """The name, if both can be names of containers, databases, buckets and images."""
    if not NAME.fullmatch(name) or name.endswith("-"):
        raise NewError(
            f"NAME is {name!r}; accepted: 2 to 20 small letters, digits and hyphens, first a "
            "letter.\n  Fix: make new NAME=orders OWNER=your-github-name"
        )
    if not OWNER.fullmatch(owner):
        raise NewError(
            f"OWNER is {owner!r}; accepted: a GitHub name in small letters, as images have it.\n"
            f"  Fix: make new NAME={name} OWNER=your-github-name"
        )
    return name


def copy(name: str, owner: str, *, to: Path) -> None:
    """Copy every tracked file to the folder `to` with the names changed, as a new repository.

    Raises NewError if there is something already.
    """
    if to.exists() and any(to.iterdir()):
        raise NewError(f"{to} is not empty. Fix: another NAME, or TO=/another/folder")
    for file in tracked():
        source, target = ROOT / file, to / file
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            target.symlink_to(source.readlink())
            continue
        shutil.copy2(source, target)
        if not str(file).startswith(SHARED) and file.name not in ("go.mod", "go.sum"):
            target.write_text(renamed(source.read_text(), name, owner))
    # The changes are this project's; the copy has none yet.
    changes = to / CHANGELOG
    changes.write_text(FIRST_RELEASE.sub("## Unreleased\n", changes.read_text()))
    # Lines are of another length now.
    subprocess.run([_ruff(), "format", "--quiet", "."], cwd=to, check=True)
    if shutil.which("git"):
        _commit(to, name)


def _ruff() -> Path:
    """Ruff, without everything else that set-up installs where that has not run."""
    installed = VENV / "bin" / "ruff"
    if installed.exists():
        return installed
    venv.create()
    return venv.tool("ruff")


def _commit(folder: Path, name: str) -> None:
    """Commit everything in `folder`, as the user that git is configured for."""
    git = ("git", "-c", "commit.gpgsign=false")
    # On a machine where git knows no user.
    known = subprocess.run([*git, "var", "GIT_AUTHOR_IDENT"], cwd=folder, capture_output=True)
    if known.returncode != 0:
        git += ("-c", f"user.name={name}", "-c", f"user.email={name}@localhost")
    for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "Begin"]):
        subprocess.run([*git, *words], cwd=folder, check=True)


def renamed(text: str, name: str, owner: str) -> str:
    """The text with this project's names replaced by those of `name`."""
    word, words = name.replace("-", "_"), name.replace("-", " ").capitalize()
    for pattern, new in (
        (r"ghcr\.io/owner/task-manager-api", f"ghcr.io/{owner}/{name}-api"),
        (r"task-manager-api", f"{name}-api"),
        (r"task_manager", word),
        (r"task_user", f"{word}_user"),
        (r"task_owner", f"{word}_owner"),
        (r"Task manager", words),
        (r"task manager", words.lower()),
        (r"TASKMANAGER", word.upper()),
        # The cache and the images built offline are the machine's, not the project's.
        (r"(?<!\.cache/)taskmanager(?![-./](?:lab|offline))", name),
    ):
        text = re.sub(pattern, new, text)
    return text


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
