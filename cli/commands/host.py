"""Commands around the host on AWS and the state."""

from functools import partial
from typing import Annotated

import typer

from cli import confirmation, ssh_config
from cli.commands.command import LOCAL, RUNS_A_COMMAND, Command, Confirm, StackName, Yes
from cli.stack import Stack

PANEL = "Host and state"

app = typer.Typer()


@app.command("replace-host", rich_help_panel=PANEL)
def replace_host_command(
    stack: StackName = LOCAL,
    dead: Annotated[bool, typer.Option("--dead", help="The host does not answer.")] = False,
    yes: Yes = False,
    confirm: Confirm = "",
) -> int:
    """Make a new EC2 host; the data volume moves to it."""
    # It builds the models of all settings, which no other command needs.
    from cli import replace_host

    losses = partial(replace_host.losses, dead)
    confirmation.ask(Stack(stack), "replace-host", losses, yes=yes, typed=confirm)
    return replace_host.main(stack, dead)


@app.command("state-bucket", rich_help_panel=PANEL)
def state_bucket_command(stack: StackName = LOCAL) -> int:
    """Make a bucket and a key on AWS for Pulumi's state."""
    # The AWS SDK takes as long to load as all other commands together.
    from cli import state_bucket

    return state_bucket.main(stack)


@app.command("github-setup", rich_help_panel=PANEL)
def github_setup_command() -> int:
    """Let GitHub deploy: AWS roles, environments, variables."""
    # As above.
    from cli.pipeline import setup

    return setup.main()


@app.command("policies", rich_help_panel=PANEL)
def policies_command(stack: StackName = LOCAL) -> int:
    """Print what the pipeline's roles may do on AWS."""
    # As above.
    from cli.pipeline import setup

    return setup.policies(stack)


@app.command(
    "with-ssh",
    rich_help_panel=PANEL,
    context_settings=RUNS_A_COMMAND,
)
def with_ssh_command(
    command: Command,
    stack: StackName = LOCAL,
) -> int:
    """Run a command with the stack's ssh settings, as in: with-ssh -s dev pulumi refresh -s dev."""
    return ssh_config.main(stack, *command)
