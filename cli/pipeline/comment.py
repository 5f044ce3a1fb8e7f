"""Put the preview under its pull request, once."""

import sys

from cli.pipeline.github import Repository, pull_request
from cli.pipeline.preview import OUTPUT
from cli.pipeline.report import MARK
from infra.errors import UserError


def main() -> int:
    """Create or update the one comment."""
    if not OUTPUT.is_file():
        print("There is no preview to show. Make one: make ci-preview", file=sys.stderr)
        return 1
    try:
        repository = Repository.of_the_workflow()
        address = repository.comment(pull_request(), mark=MARK, text=OUTPUT.read_text())
    except UserError as failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"The preview: {address}")
    return 0
