"""Commands that deploy a stack, remove it or change it."""

from functools import partial
from typing import Annotated

import typer

from cli import confirmation, down, preview, rollback, scale, up
from cli.commands.command import LOCAL, Confirm, StackName, Yes, whole_number
from cli.errors import WrongArgumentError
from cli.stack import Stack

PANEL = "Deploy"
REFERENCE = "NAME@SHA256:…"

app = typer.Typer()


@app.command("up", rich_help_panel=PANEL)
def up_command(
    stack: StackName = LOCAL,
    image: Annotated[
        str, typer.Option(metavar=REFERENCE, help="A built image of the service; nothing is built.")
    ] = "",
    postgres_image: Annotated[
        str, typer.Option(metavar=REFERENCE, help="A built image of Postgres, with --image.")
    ] = "",
) -> int:
    """Deploy the working copy, or release a change of it."""
    if postgres_image and not image:
        raise WrongArgumentError(
            f"--postgres-image={postgres_image} is accepted with --image only "
            "(make up: POSTGRES_IMAGE with IMAGE): name the image of the service too."
        )
    return up.main(stack, image, postgres_image)


@app.command("preview", rich_help_panel=PANEL)
def preview_command(stack: StackName = LOCAL) -> int:
    """Show the changes that `up` would make, and make none."""
    return preview.main(stack)


@app.command("down", rich_help_panel=PANEL)
def down_command(
    stack: StackName = LOCAL,
    purge: Annotated[bool, typer.Option("--purge", help="Remove the data too.")] = False,
    yes: Yes = False,
    confirm: Confirm = "",
) -> int:
    """Remove the deployment; its data stays unless --purge."""
    losses = partial(down.losses, Stack(stack), purge)
    confirmation.ask(Stack(stack), "down", losses, yes=yes, typed=confirm)
    return down.main(stack, purge)


@app.command("adopt", rich_help_panel=PANEL)
def adopt_command(stack: StackName = LOCAL) -> int:
    """Take a deployment that runs, and whose state is lost, into this clone."""
    # It reads the program's own components, and with them the providers of Pulumi.
    from cli.adoption.adopt import adopt

    return adopt(stack)


@app.command("rollback", rich_help_panel=PANEL)
def rollback_command(
    release: Annotated[
        str, typer.Argument(metavar="[RELEASE]", help="The beginning of its name in `releases`.")
    ] = "",
    stack: StackName = LOCAL,
) -> int:
    """Release an earlier image again, without a build: by default the release before."""
    return rollback.main(stack, release)


@app.command("scale", rich_help_panel=PANEL)
def scale_command(
    replicas: Annotated[
        int,
        typer.Argument(metavar="N", parser=whole_number(1, 16), help="How many api containers."),
    ],
    stack: StackName = LOCAL,
) -> int:
    """Run another number of api containers of the serving release."""
    return scale.scale(Stack(stack), replicas)
