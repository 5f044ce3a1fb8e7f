"""Where things lie in the repository."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
VENV = REPOSITORY / ".venv"
LAB = REPOSITORY / "tools" / "lab"
REQUIREMENTS = REPOSITORY / "requirements.txt"
# Every package of the environment with its hashes; `make lock` writes it.
LOCK = REPOSITORY / "requirements-dev.lock"


def pinned(package: str) -> str:
    """The version that requirements.txt pins `package` to."""
    for line in REQUIREMENTS.read_text().splitlines():
        name, _, version = line.partition("==")
        if name.strip() == package:
            return version.strip()
    raise LookupError(f"requirements.txt pins no {package}")
