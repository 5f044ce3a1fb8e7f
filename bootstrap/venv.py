"""The virtual environment with everything the repository's Python code needs."""

import os
import re
import shutil
import sys
from pathlib import Path

from bootstrap import cache, shell
from bootstrap.errors import SetupError
from bootstrap.paths import LOCK, ROOT, VENV

OLDEST = (3, 11)
STAMP = "taskmanager-requirements"
PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input")
COMMANDS_IMPORT = (
    "dill, docker, pulumi.automation, pulumi.dynamic, pulumi_docker, pydantic.alias_generators, "
    "pydantic.dataclasses, pydantic.fields, pydantic.main, pydantic.plugin._loader, "
    "pydantic.types, requests, rich.markdown, rich.table, tenacity, typer.rich_utils, yaml"
)
"""The packages that each command or deployment loads."""


def create(venv: Path = VENV) -> str:
    """Have an environment with pip at `venv`."""
    if sys.version_info < OLDEST:
        raise SetupError(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
    if os.pathsep in str(venv):
        raise SetupError(
            f"The folder {venv.parent} has a colon in its name: PATH, which a virtual environment "
            "is put into, is a list that colons separate. Fix: rename the folder."
        )
    if (venv / "bin" / "python").exists() and (venv / "bin" / "pip").exists():
        return "there already"
    try:
        import ensurepip  # noqa: F401 - Debian takes it out of python3
    except ImportError:
        shell.apt_install("python3-venv")
    if venv.exists():
        shutil.rmtree(venv)
    shell.run(_system_python(), "-m", "venv", venv, what="Creating .venv")
    return "created"


def ensure(venv: Path = VENV, lock: Path = LOCK) -> str:
    """Make the packages in `venv` match `lock`; says what was done."""
    wanted = stamp(lock)
    written = venv / STAMP
    current = written.is_file() and written.read_text() == wanted
    if not current:
        _install(venv, "--require-hashes", "-r", lock, what="Installing Python packages")
        _compile(venv)
        written.write_text(wanted)
    # A linked environment belongs to another clone.
    if not venv.is_symlink() and not _knows_this_clone(venv):
        # The packages that it builds with are in the lock.
        # By `.`: a path may have characters that mean something in a requirement, such as `#`.
        own = ("--no-deps", "--no-build-isolation", "--editable", ".")
        _install(venv, *own, what="Installing this project")
    return "up to date" if current else "installed from PyPI"


def _install(venv: Path, *words: str | Path, what: str) -> None:
    """Install into `venv` by uv, a second where pip takes a minute; by pip where uv fails."""
    python = venv / "bin" / "python"
    try:
        shell.run(
            tool("uv", venv), "pip", "install", "--python", python, *words, what=what, cwd=ROOT
        )
    except SetupError:
        # pip's own settings may name an index that uv does not know.
        shell.run(python, *PIP, "install", "--quiet", *words, what=what, cwd=ROOT)


def _compile(venv: Path) -> None:
    """Write the bytecode of the packages that every command loads, by loading them once.

    uv writes none, and a shell with PYTHONDONTWRITEBYTECODE never would: each command then compiles
    them again, which takes longer than its work. All packages would take a minute.
    """
    words = ("-c", f"import {COMMANDS_IMPORT}")
    env = {"PYTHONDONTWRITEBYTECODE": ""}
    shell.run(venv / "bin" / "python", *words, what="Compiling Python packages", env=env)


def tool(name: str, venv: Path = VENV) -> Path:
    """A command whose package has its name and no other, in the locked version, from the cache."""
    version, requirement = locked(name)

    def make(folder: Path) -> None:
        only = folder / f"{name}.lock"
        only.write_text(requirement)
        where = ("--target", folder, "--require-hashes", "-r", only)
        shell.run(venv / "bin" / "python", *PIP, "install", *where, what=f"Installing {name}")

    return cache.made(f"{name}-{version}", make) / "bin" / name


def locked(package: str, lock: Path = LOCK) -> tuple[str, str]:
    """The version of `package` in the lock file, and its lines there, hashes included.

    Raises LookupError where the lock does not hold it.
    """
    block = re.search(rf"^{package}==(\S+) \\\n(?: +--hash=\S+(?: \\)?\n)+", lock.read_text(), re.M)
    if not block:
        raise LookupError(f"{lock.name} holds no {package}. Fix: make lock")
    return block[1], block[0]


def _knows_this_clone(venv: Path) -> bool:
    """Whether the editable install of this project is there and of this folder."""
    files = venv.glob("lib/python*/site-packages/_taskmanager.pth")
    return any(str(ROOT) in file.read_text().splitlines() for file in files)


def stamp(lock: Path) -> str:
    """Changes with the contents of the file and with the Python that runs the packages."""
    return cache.fingerprint([lock], f"{sys.version_info.major}.{sys.version_info.minor}")


def _system_python() -> str:
    """Never the interpreter inside the environment that is about to be replaced."""
    inside = sys.prefix != sys.base_prefix
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidate = Path(sys.base_prefix) / "bin" / name
    return str(candidate) if inside and candidate.exists() else sys.executable
