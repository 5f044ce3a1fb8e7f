"""Paths in the repository."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
OFFLINE = ROOT / "bootstrap" / "offline"
REQUIREMENTS = ROOT / "requirements.txt"
# Every package of the environment with its hashes; `make lock` writes it.
LOCK = ROOT / "requirements-dev.lock"


def pinned(package: str) -> str:
    """The version that requirements.txt pins `package` to."""
    for line in REQUIREMENTS.read_text().splitlines():
        name, _, version = line.partition("==")
        if name.strip() == package:
            return version.strip()
    raise LookupError(f"requirements.txt pins no {package}")
