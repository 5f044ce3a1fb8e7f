"""Commands that show something and change nothing."""

from typing import Annotated

import typer

from cli import drift, logs, releases, status
from cli.commands.command import LOCAL, AsJson, StackName
from cli.cost import report as cost
from cli.deployed import UnreachableError, attached
from cli.stack import Stack

PANEL = "Look"

app = typer.Typer()


@app.command("status", rich_help_panel=PANEL)
def status_command(stack: StackName = LOCAL, as_json: AsJson = False) -> int:
    """Show the containers, their health, and every warning."""
    with attached(Stack(stack)) as deployed:
        return status.show(deployed, as_json=as_json)


@app.command("releases", rich_help_panel=PANEL)
def releases_command(stack: StackName = LOCAL, as_json: AsJson = False) -> int:
    """List the releases, and which of them `rollback` can release again."""
    return releases.main(stack, as_json=as_json)


@app.command("drift", rich_help_panel=PANEL)
def drift_command(stack: StackName = LOCAL, as_json: AsJson = False) -> int:
    """Compare the host with the last deployment: exit 0 if they agree, else 1."""
    with attached(Stack(stack)) as deployed:
        return drift.drift(deployed, as_json=as_json)


@app.command("logs", rich_help_panel=PANEL)
def logs_command(
    stack: StackName = LOCAL,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Go on with new lines until Ctrl-C.")
    ] = True,
    as_json: AsJson = False,
) -> int:
    """Print the api's log lines by time; each request is one. Of a dead host: from CloudWatch."""
    shown = Stack(stack)
    try:
        with attached(shown) as deployed:
            return logs.show(deployed, follow=follow, as_json=as_json)
    except UnreachableError as reason:
        # The AWS SDK takes as long to load as all other commands together.
        from cli import cloud_logs

        return cloud_logs.show(shown, reason, follow=follow, as_json=as_json)


@app.command("cost", rich_help_panel=PANEL)
def cost_command(stack: StackName = LOCAL, as_json: AsJson = False) -> int:
    """Print the monthly cost of a stack on AWS, part by part."""
    return cost.main(stack, as_json=as_json)
