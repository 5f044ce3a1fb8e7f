"""Keep one issue about what differs from the code."""

import subprocess
import sys

from cli.pipeline.github import Repository
from infra.errors import UserError

SHOWN_CHARACTERS = 50_000


def main(stack: str) -> int:
    """Compare `stack` with what was deployed; open, update or close its issue."""
    command = [sys.executable, "-m", "cli", "drift", "--stack", stack]
    done = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    print(done.stdout)
    mark = f"<!-- taskmanager: drift of {stack} -->"
    try:
        repository = Repository.of_the_workflow()
        if done.returncode == 0:
            repository.close(mark)
            return 0
        title = f"{stack}: what runs is not what was deployed"
        address = repository.issue(title=title, mark=mark, text=text(stack, mark, done.stdout))
    except UserError as failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"Told in {address}")
    return 0


def text(stack: str, mark: str, found: str) -> str:
    """The issue's text; its first line finds it again."""
    shown = found.strip()[-SHOWN_CHARACTERS:].replace("```", "'''")
    return (
        f"{mark}\n`make drift STACK={stack}` found:\n\n```diff\n{shown}\n```\n\n"
        f"Put it back by `make up STACK={stack}`, or bring the code into line. This text is "
        "renewed every day, and the issue is closed when nothing differs any more."
    )
