"""Commands that open a program inside a container."""

from collections.abc import Callable

import typer

from cli import containers, one_off
from cli.commands.command import LOCAL, RUNS_A_COMMAND, Command, StackName
from cli.deployed import Deployed, attached
from cli.stack import Stack

PANEL = "Open"

app = typer.Typer()


def _inside(stack: str, program: Callable[[Deployed], int]) -> int:
    with attached(Stack(stack)) as deployed:
        return program(deployed)


@app.command("psql", rich_help_panel=PANEL)
def psql_command(stack: StackName = LOCAL) -> int:
    """Open psql on the database."""
    return _inside(stack, containers.psql)


@app.command("redis", rich_help_panel=PANEL)
def redis_command(stack: StackName = LOCAL) -> int:
    """Open redis-cli."""
    return _inside(stack, containers.redis)


@app.command("shell", rich_help_panel=PANEL)
def shell_command(stack: StackName = LOCAL) -> int:
    """Open a shell in an api container."""
    return _inside(stack, containers.shell)


@app.command(
    "run",
    rich_help_panel=PANEL,
    context_settings=RUNS_A_COMMAND,
)
def run_command(
    command: Command,
    stack: StackName = LOCAL,
) -> int:
    """Run a command once, in a new container of the release that serves."""
    return _inside(stack, lambda deployed: one_off.run(deployed, command))
