"""The parts that commands share: the option of the stack, `--json`, the message of a wrong use."""

from collections.abc import Callable
from typing import Annotated

import typer

from cli.stack import known_stacks
from infra.errors import UserError

DEBUG = "TASKMANAGER_DEBUG"
LOCAL = "local"


def one_line(error: typer.TyperException, command: str) -> str:
    """The message of a wrong use, with the command that explains the right one."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context else command
    return f"{path}: {' '.join(error.format_message().split())} Help: {path} --help"


def _known(name: str) -> str:
    try:
        known = known_stacks()
    except FileNotFoundError as error:
        raise UserError(str(error)) from None
    if name not in known:
        raise typer.BadParameter(f"there is no stack {name!r}. Accepted: {', '.join(known)}.")
    return name


def _completions(incomplete: str) -> list[str]:
    return [name for name in known_stacks() if name.startswith(incomplete)]


def whole_number(low: int, high: int) -> Callable[[str], int]:
    """A parser of a number from `low` to `high`, whose message names both and the value."""

    def parse(text: str) -> int:
        if str(text).isdecimal() and low <= int(text) <= high:
            return int(text)
        raise typer.BadParameter(f"{text!r} is not accepted. Accepted: {low} to {high}.")

    return parse


StackName = Annotated[
    str,
    typer.Option(
        "--stack",
        "-s",
        metavar="NAME",
        callback=_known,
        autocompletion=_completions,
        help="The stack to work on.",
    ),
]
Command = Annotated[list[str], typer.Argument(metavar="COMMAND…", help="With its arguments.")]
RUNS_A_COMMAND = {"allow_interspersed_args": False, "ignore_unknown_options": True}
"""The settings of a command whose arguments are a command of the user's."""
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for a script.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Confirm = Annotated[
    str,
    typer.Option(
        "--confirm", metavar="STACK", help="The stack's name, as a protected stack asks for it."
    ),
]
