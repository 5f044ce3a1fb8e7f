"""The command `taskmanager`: everything that a person or a pipeline runs around `pulumi up`.

Every failure is a message and an exit status: 1 if the work failed, 2 if the command line was
wrong, 130 after Ctrl-C. `--debug` shows the traceback as well.
"""

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Annotated

import typer

from cli.commands import (
    backups,
    ci,
    containers,
    deployment,
    environment,
    host,
    overview,
    traffic,
)
from cli.commands.command import DEBUG, one_line
from cli.errors import FAILED, INTERRUPTED, MISUSED, PIPE_CLOSED, WrongArgumentError
from infra.errors import UserError

NAME = "taskmanager"
HOW_TO_DEBUG = "For the traceback: the same command with --debug (make: TASKMANAGER_DEBUG=1 make …)"
RUNNING = ("run", "with-ssh")
"""The commands whose arguments are a command of the user's."""
COMPLETION = f"_{NAME.upper()}_COMPLETE"
"""Set by a shell that asks how a word may go on."""

app = typer.Typer(
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for topic in (deployment, overview, containers, traffic, backups, host):
    app.add_typer(topic.app)
app.add_typer(environment.app, name="env", rich_help_panel="Deploy")
app.add_typer(ci.app, name="ci", rich_help_panel="Pipelines")


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Deploy the service, look at it, steer it."""
    if debug:
        os.environ[DEBUG] = "1"


def run(arguments: Sequence[str]) -> int:
    """Run the command of `arguments`; the result is the exit status."""
    command = typer.main.get_command(app)
    if os.environ.get(COMPLETION):
        command.main(prog_name=NAME)
    try:
        # Not by `main`, which turns Ctrl-C and a closed pipe into a bare status.
        with command.make_context(NAME, _debug_first(arguments)) as context:
            status = command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as end:
        return end.exit_code
    except UserError as error:
        _debug()
        print(error, file=sys.stderr)
        return MISUSED if isinstance(error, WrongArgumentError) else FAILED
    except typer.TyperException as error:
        print(one_line(error, NAME), file=sys.stderr)
        return MISUSED
    except typer.Abort:
        print("Nothing was changed.", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt as stop:
        print(f"\n{stop or 'Interrupted.'}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes standard output once more as it ends: into nothing, then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except Exception as error:
        # A message for the person, the traceback for the one who mends it.
        _debug()
        print(f"Unexpected {type(error).__name__}: {error}\n  {HOW_TO_DEBUG}", file=sys.stderr)
        return FAILED
    return status or 0


def main() -> None:
    """Run as the command `taskmanager`."""
    sys.exit(run(sys.argv[1:]))


def _debug_first(arguments: Sequence[str]) -> list[str]:
    """Accept `--debug` behind the command too, but not inside a command that one of ours runs."""
    words = list(arguments)
    if "--debug" in words and words[0] not in RUNNING:
        words.remove("--debug")
        return ["--debug", *words]
    return words


def _debug() -> None:
    if os.environ.get(DEBUG):
        traceback.print_exc()
