"""Commands around backups."""

from functools import partial
from typing import Annotated

import typer

from cli import backup_status, backups, confirmation, restore
from cli.commands.command import LOCAL, AsJson, Confirm, StackName, Yes
from cli.deployed import attached
from cli.errors import WrongArgumentError
from cli.stack import Stack

PANEL = "Backups"

app = typer.Typer()


@app.command("backup", rich_help_panel=PANEL)
def backup_command(stack: StackName = LOCAL) -> int:
    """Back up the database and the uploads now."""
    with attached(Stack(stack)) as deployed:
        return backups.backup(deployed)


@app.command("backup-status", rich_help_panel=PANEL)
def backup_status_command(stack: StackName = LOCAL, as_json: AsJson = False) -> int:
    """Show how old the last good backup of each kind is."""
    with attached(Stack(stack)) as deployed:
        return backup_status.show(deployed, as_json=as_json)


@app.command("backup-drill", rich_help_panel=PANEL)
def backup_drill_command(stack: StackName = LOCAL) -> int:
    """Restore the newest backup beside the live data and check that it is whole."""
    with attached(Stack(stack)) as deployed:
        return backups.drill(deployed)


@app.command("restore", rich_help_panel=PANEL)
def restore_command(
    to: Annotated[
        str, typer.Option("--to", metavar="TIME", help="In UTC, as in '2026-01-31 12:00:00'.")
    ] = "",
    undo: Annotated[
        bool, typer.Option("--undo", help="Go back to the data from before the last restore.")
    ] = False,
    stack: StackName = LOCAL,
    yes: Yes = False,
    confirm: Confirm = "",
) -> int:
    """Put back the data of an earlier time: by default the newest that is backed up."""
    if undo and to:
        raise WrongArgumentError(
            "--undo goes back to the data from before the restore: it takes no --to."
        )
    losses = partial(restore.losses, to, undo=undo)
    confirmation.ask(Stack(stack), "restore", losses, yes=yes, typed=confirm)
    with attached(Stack(stack)) as deployed:
        return restore.restore(deployed, to, undo=undo)
