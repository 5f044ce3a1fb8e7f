"""Commands for the app's own variables and secrets; `up` deploys them."""

import getpass
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.commands.command import LOCAL, AsJson, StackName, Yes
from cli.env import dotenv_file, importing, stored
from cli.errors import WrongArgumentError
from cli.stack import Stack
from infra.app_environment import SECRETS

app = typer.Typer(help="The app's own variables and secrets.")


@app.command("list")
def list_command(stack: StackName = LOCAL, as_json: AsJson = False) -> int:
    """List the app's variables with their values, and the names of its secrets."""
    found = stored.read(Stack(stack))
    if as_json:
        print(json.dumps({"environment": found.variables, "secrets": found.secrets}, indent=2))
        return 0
    width = max(map(len, found.names), default=0)
    for name in found.names:
        value = "(secret)" if name in found.secrets else _one_line(found.variables[name])
        print(f"{name:<{width}}  {value}")
    if not found.names:
        print(f"The app has no variables of its own on stack {stack}.")
        print(f"  Set one: taskmanager env set -s {stack} NAME=VALUE, or --secret NAME")
    return 0


@app.command("set")
def set_command(
    words: Annotated[
        list[str],
        typer.Argument(metavar="NAME=VALUE… | --secret NAME", help="The variable and its value."),
    ],
    stack: StackName = LOCAL,
    secret: Annotated[
        bool,
        typer.Option("--secret", help="Ask for the value, or read it from standard input."),
    ] = False,
) -> int:
    """Set variables, or one secret."""
    if secret:
        name = _secret_name(words)
        # Before the person types the value.
        stored.refuse({name: "any"}, secret=[name])
        texts = {name: _secret_value(name)}
    else:
        texts = dict(_pair(word) for word in words)
    secrets = list(texts) if secret else []
    stored.refuse(texts, secret=secrets)
    shown = Stack(stack)
    stored.write(shown, texts, secret=secrets)
    return _saved(shown, f"Set {', '.join(texts)}")


@app.command("unset")
def unset_command(
    names: Annotated[list[str], typer.Argument(metavar="NAME…", help="Variables or secrets.")],
    stack: StackName = LOCAL,
) -> int:
    """Remove variables and secrets."""
    shown = Stack(stack)
    stored.remove(shown, names)
    return _saved(shown, f"Removed {', '.join(names)}")


@app.command("import")
def import_command(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Such as .env.production.")],
    stack: StackName = LOCAL,
    literal: Annotated[
        bool,
        typer.Option("--literal", help="Read as docker's --env-file does: quotes are characters."),
    ] = False,
    yes: Yes = False,
) -> int:
    """Set all variables of a dotenv file; asks which of them are secret."""
    shown = Stack(stack)
    texts, secrets = importing.choose(path, literal=literal, yes=yes)
    stored.write(shown, texts, secret=secrets)
    return _saved(shown, f"Set {len(texts)} variables, {len(secrets)} of them secret")


@app.command("export")
def export_command(
    stack: StackName = LOCAL,
    show_secrets: Annotated[
        bool, typer.Option("--show-secrets", help="Print the values of secrets too.")
    ] = False,
) -> int:
    """Print the app's variables as a dotenv file; of secrets the names alone."""
    shown = Stack(stack)
    found = stored.read(shown)
    secrets = stored.values(shown, SECRETS) if show_secrets and found.secrets else {}
    print(dotenv_file.write({**found.variables, **secrets}), end="")
    for name in () if show_secrets else found.secrets:
        print(f"# {name} is a secret: --show-secrets prints it")
    return 0


def _pair(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise WrongArgumentError(
            f"{word!r} is not NAME=VALUE. Accepted: NAME=VALUE, or --secret NAME, which asks for "
            "the value. Nothing was changed."
        )
    return name, value


def _secret_name(words: list[str]) -> str:
    if len(words) != 1 or "=" in words[0]:
        raise WrongArgumentError(
            "--secret takes one NAME and asks for its value: on the command line every user of "
            "this machine could read it. Nothing was changed."
        )
    return words[0]


def _secret_value(name: str) -> str:
    if sys.stdin.isatty():
        return getpass.getpass(f"Value of {name}: ")
    # As `echo` ends it; one more is the value's own.
    return sys.stdin.buffer.read().decode().removesuffix("\n")


def _saved(stack: Stack, done: str) -> int:
    print(f"{done} in {stored.file(stack).name}. It is deployed by: {stack.make('up')}")
    return 0


def _one_line(text: str) -> str:
    return text if text.isprintable() else json.dumps(text, ensure_ascii=False)
