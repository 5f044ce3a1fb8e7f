"""Find what was built of a commit already: `python -m tools.ci.image STACK COMMIT`.

Prints what a step puts into GITHUB_OUTPUT: `repository`, and `digest` (empty if there is none yet).
What `dev` ran is what `prod` gets; a release builds nothing anew.
"""

import json
import subprocess
import sys

from tools.stack import Stack, StackError


def main(name: str, commit: str) -> int:
    """Print the image's name, with the commit as tag, and its digest."""
    try:
        repository = Stack(name).setting("repository")
    except StackError as failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"repository={repository}")
    print(f"digest={digest(f'{repository}:{commit}')}")
    return 0


def digest(reference: str) -> str:
    """The digest that a tag stands for in the registry; empty if there is no such tag."""
    command = ["docker", "buildx", "imagetools", "inspect", reference]
    try:
        done = subprocess.run(
            [*command, "--format", "{{json .Manifest}}"],
            check=False,
            capture_output=True,
            text=True,
        )
        return str(json.loads(done.stdout)["digest"]) if done.returncode == 0 else ""
    except (json.JSONDecodeError, KeyError, FileNotFoundError):
        return ""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
