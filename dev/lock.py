"""Lock every Python package with its hashes: `python -m dev.lock [--upgrade]`.

The app and the deploying machine are two resolutions: neither has to accept the other's versions.
They share versions where both can. The packages of development are those of both; where the two
differ, they have the deploying machine's.
"""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from bootstrap.paths import ROOT

TOOLS, SERVICE, DEVELOPMENT, OFFLINE = (
    "requirements.txt",
    "service/requirements.txt",
    "requirements-dev.txt",
    "bootstrap/offline/requirements.txt",
)
# The file that people edit, and the options of each way to lock it, of which the first that works
# counts. An option is written into the head of the lock, from where Renovate takes it.
WAYS = {
    TOOLS: [()],
    SERVICE: [("--constraint=requirements.lock",), ()],
    DEVELOPMENT: [
        ("--constraint=requirements.lock", "--constraint=service/requirements.lock"),
        ("--override=requirements.lock",),
    ],
    OFFLINE: [()],
}
LOCKS = {source: str(Path(source).with_suffix(".lock")) for source in WAYS}
"""The file with the versions and hashes of each set."""
OLDEST_PYTHON = "3.11"


def main(arguments: list[str]) -> int:
    """Resolve each set for every platform and every Python; write all locks, or none."""
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder)
        for source in WAYS:
            _copy((source, LOCKS[source]), ROOT, there)
        for source, ways in WAYS.items():
            problem = _lock(source, ways, arguments, there)
            if problem:
                print(problem, end="", file=sys.stderr)
                print(
                    f"{source} cannot be locked: see above. Every lock is as it was.",
                    file=sys.stderr,
                )
                return 1
        _copy(LOCKS.values(), there, ROOT)
    print(f"Locked: {', '.join(LOCKS.values())}")
    return 0


def _lock(
    source: str, ways: list[tuple[str, ...]], arguments: list[str], folder: Path
) -> str | None:
    """Write the lock of `source` in `folder`; why no way works, or None."""
    problem = ""
    for options in ways:
        command = _command(source, options)
        done = subprocess.run(
            [*command, *arguments], cwd=folder, check=False, stderr=subprocess.PIPE, text=True
        )
        if done.returncode == 0:
            if problem:
                print(f"{source} does not share every version with the others:\n{problem}", end="")
            return None
        problem = done.stderr
    return problem


def _command(source: str, options: tuple[str, ...]) -> list[str]:
    return [
        *("uv", "pip", "compile", "--quiet", "--no-emit-index-url", "--universal"),
        *("--generate-hashes", f"--python-version={OLDEST_PYTHON}"),
        *(f"--output-file={LOCKS[source]}", *options, source),
    ]


def _copy(names: Iterable[str], there: Path, here: Path) -> None:
    for name in names:
        if (there / name).exists():
            (here / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(there / name, here / name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
