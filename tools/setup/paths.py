"""Where things lie in the repository."""

from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LOCAL = REPOSITORY / ".local"
VENV = REPOSITORY / ".venv"
LAB = REPOSITORY / "tools" / "lab"
REQUIREMENTS = (
    REPOSITORY / "requirements.txt",
    REPOSITORY / "service" / "requirements.txt",
    REPOSITORY / "requirements-dev.txt",
)


def pinned(package: str) -> str:
    """The version that requirements.txt pins `package` to."""
    for line in REQUIREMENTS[0].read_text().splitlines():
        name, _, version = line.partition("==")
        if name.strip() == package:
            return version.strip()
    raise LookupError(f"requirements.txt pins no {package}")
