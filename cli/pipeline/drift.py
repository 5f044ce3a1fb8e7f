"""Keep one issue about the drift of a stack."""

import sys
from contextlib import redirect_stdout
from io import StringIO

from cli import drift
from cli.deployed import attached
from cli.pipeline.github import Repository
from cli.stack import Stack
from infra.errors import UserError

SHOWN_CHARACTERS = 50_000


def main(stack: str) -> int:
    """Compare `stack` with its last deployment; open, update or close its issue.

    A comparison that could not be made says nothing about the stack: the job fails, and the issue
    stays as it is.
    """
    found = StringIO()
    try:
        with redirect_stdout(found), attached(Stack(stack)) as deployed:
            differs = drift.drift(deployed) != 0
    except UserError as problem:
        print(f"{stack} could not be compared: {problem}", file=sys.stderr)
        return 1
    print(found.getvalue())
    mark = f"<!-- taskmanager: drift of {stack} -->"
    try:
        repository = Repository.of_the_workflow()
        if not differs:
            repository.close(mark)
            return 0
        title = f"{stack}: the host differs from the last deployment"
        address = repository.issue(title=title, mark=mark, text=text(stack, mark, found.getvalue()))
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
