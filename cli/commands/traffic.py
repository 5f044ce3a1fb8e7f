"""Commands that stop requests at the proxy and let them through again."""

from typing import Annotated

import typer

from cli import traffic
from cli.commands.command import LOCAL, StackName, whole_number
from cli.deployed import attached
from cli.stack import Stack

PANEL = "Traffic"

app = typer.Typer()
maintenance = typer.Typer(help="Answer every request with a maintenance page, or stop doing so.")
app.add_typer(maintenance, name="maintenance", rich_help_panel=PANEL)


@maintenance.command("on")
def maintenance_on_command(
    stack: StackName = LOCAL,
    message: Annotated[str, typer.Option("--message", "-m", help="A sentence on the page.")] = "",
) -> int:
    """Answer every request with 503 and a page."""
    with attached(Stack(stack)) as deployed:
        return traffic.maintenance_on(deployed, message)


@maintenance.command("off")
def maintenance_off_command(stack: StackName = LOCAL) -> int:
    """Let requests through again."""
    with attached(Stack(stack)) as deployed:
        return traffic.resume(deployed)


@app.command("pause", rich_help_panel=PANEL)
def pause_command(
    seconds: Annotated[
        int,
        typer.Argument(
            metavar="SECONDS",
            parser=whole_number(1, traffic.LONGEST_HOLD_SECONDS),
            help="The longest wait of a request.",
        ),
    ] = traffic.HOLD_SECONDS,
    stack: StackName = LOCAL,
) -> int:
    """Hold new requests; after SECONDS each is answered 504."""
    with attached(Stack(stack)) as deployed:
        return traffic.pause(deployed, seconds)


@app.command("resume", rich_help_panel=PANEL)
def resume_command(stack: StackName = LOCAL) -> int:
    """Let requests through again."""
    with attached(Stack(stack)) as deployed:
        return traffic.resume(deployed)
