"""Commands that the workflows in .github/ run; a person can run them too."""

from typing import Annotated

import typer

from cli.commands.command import LOCAL, StackName
from cli.pipeline import access, comment, drift, images, preview

app = typer.Typer(help="The steps of the pipelines.")


@app.command("preview")
def preview_command(
    base: Annotated[str, typer.Option(help="The commit to compare with.")] = "origin/main",
    stack: Annotated[
        list[str] | None, typer.Option("--stack", "-s", metavar="NAME", help="dev and prod.")
    ] = None,
) -> int:
    """Preview stacks against a commit, and write the comment for the pull request."""
    return preview.main(base, *(stack or ("dev", "prod")))


@app.command("comment")
def comment_command() -> int:
    """Put the preview under its pull request."""
    return comment.main()


@app.command("images")
def images_command(stack: StackName = LOCAL) -> int:
    """Print which images of the committed files are built already."""
    return images.main(stack)


@app.command("access")
def access_command() -> int:
    """Give the runner the deployer's ssh key."""
    return access.main()


@app.command("drift")
def drift_command(stack: StackName = LOCAL) -> int:
    """Keep one issue about the drift of a stack."""
    return drift.main(stack)
