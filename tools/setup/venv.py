"""The virtual environment with everything the repository's Python code needs."""

import shutil
import sys
from pathlib import Path

from tools.setup import cache, shell
from tools.setup.errors import SetupError
from tools.setup.paths import LOCK, VENV

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
    found = venv / STAMP
    if found.is_file() and found.read_text() == wanted:
        return "up to date"
    pip = (venv / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "--no-input")
    install = (*pip, "install", "--quiet", "--require-hashes", "-r", lock)
    shell.run(*install, what="Installing Python packages")
    found.write_text(wanted)
    return "installed from PyPI"


def stamp(lock: Path) -> str:
    """Changes with the contents of the file and with the Python that runs the packages."""
    return cache.fingerprint([lock], f"{sys.version_info.major}.{sys.version_info.minor}")


def _system_python() -> str:
    """Never the interpreter inside the environment that is about to be replaced."""
    inside = sys.prefix != sys.base_prefix
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidate = Path(sys.base_prefix) / "bin" / name
    return str(candidate) if inside and candidate.exists() else sys.executable
