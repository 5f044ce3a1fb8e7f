"""The virtual environment with everything the repository's Python code needs."""

import shutil
import sys
from pathlib import Path

from bootstrap import cache, shell
from bootstrap.errors import SetupError
from bootstrap.paths import LOCK, ROOT, VENV

OLDEST = (3, 11)
STAMP = "taskmanager-requirements"


def create(venv: Path = VENV) -> str:
    """Have an environment with pip at `venv`."""
    if sys.version_info < OLDEST:
        raise SetupError(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}.")
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
        _pip(venv, "--require-hashes", "-r", lock, what="Installing Python packages")
        written.write_text(wanted)
    # A linked environment belongs to another clone.
    if not venv.is_symlink() and not _knows_this_clone(venv):
        # What it builds with is in the lock.
        own = ("--no-deps", "--no-build-isolation", "--editable", ROOT)
        _pip(venv, *own, what="Installing this project")
    return "up to date" if current else "installed from PyPI"


def _pip(venv: Path, *words: str | Path, what: str) -> None:
    pip = (venv / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--no-input")
    shell.run(*pip, "install", "--quiet", *words, what=what)


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
