"""Lock every Python package with its hashes: `python -m dev.lock [--upgrade]`."""

import subprocess
import sys

from bootstrap.paths import ROOT

# The files that people edit, and the files that are installed. The third has the first two in it.
LOCKS = {
    "requirements.txt": "requirements.lock",
    "service/requirements.txt": "service/requirements.lock",
    "requirements-dev.txt": "requirements-dev.lock",
    "bootstrap/offline/requirements.txt": "bootstrap/offline/requirements.lock",
}
OLDEST_PYTHON = "3.11"


def main(arguments: list[str]) -> int:
    """Resolve each set for every platform and every Python that is supported."""
    for source, lock in LOCKS.items():
        done = subprocess.run([*_command(source, lock), *arguments], cwd=ROOT, check=False)
        if done.returncode != 0:
            print(f"{lock} is as it was: see above what does not fit.", file=sys.stderr)
            return 1
        print(f"{lock} holds what {source} asks for")
    return 0


def _command(source: str, lock: str) -> list[str]:
    # Written into the head of the file, from where Renovate takes it.
    agreeing = [f"--constraint={other}" for other in list(LOCKS.values())[:2]]
    return [
        *("uv", "pip", "compile", "--quiet", "--no-emit-index-url", "--universal"),
        *("--generate-hashes", f"--python-version={OLDEST_PYTHON}", f"--output-file={lock}"),
        *(agreeing if lock == LOCKS["requirements-dev.txt"] else ()),
        source,
    ]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
