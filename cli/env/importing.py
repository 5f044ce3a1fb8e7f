"""The variables of a dotenv file, and the question which of them are secret."""

import sys
from collections.abc import Sequence
from pathlib import Path

from cli.env import dotenv_file, stored
from cli.env.dotenv_file import DotenvFile
from cli.errors import WrongArgumentError
from infra.app_environment import RESERVED
from infra.errors import UserError


def choose(path: Path, *, literal: bool, yes: bool) -> tuple[dict[str, str], list[str]]:
    """The values by name, and the names of those to encrypt.

    Variables that the program sets are left out. Raises UserError for a file that cannot be read,
    WrongArgumentError for a name or value that is not accepted.
    """
    found = dotenv_file.parse(_text(path), literal=literal)
    _say_how_it_was_read(found, literal=literal)
    ours = [name for name in found.texts if name.removesuffix("_FILE") in RESERVED]
    for name in ours:
        print(f"Left out: {name}: {RESERVED[name.removesuffix('_FILE')]}.")
    texts = {name: text for name, text in found.texts.items() if name not in ours}
    if not texts:
        raise WrongArgumentError(f"{path} has no variable to set. Nothing was changed.")
    stored.refuse(texts, secret=[])
    guess = [name for name in found.secrets() if texts.get(name)]
    secrets = guess if yes else _ask(list(texts), guess)
    stored.refuse(texts, secret=secrets)
    return texts, secrets


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not UTF-8 text"
        raise UserError(f"{path} cannot be read: {reason}. Nothing was changed.") from None


def _say_how_it_was_read(found: DotenvFile, *, literal: bool) -> None:
    if found.differing:
        ways = ("docker's --env-file", "python-dotenv")
        this, other = ways if literal else ways[::-1]
        option = "without --literal" if literal else "with --literal"
        print(
            f"Read as {this} reads it; {other} reads {', '.join(found.differing)} differently "
            f"({option})."
        )
    if found.references:
        print(f"A ${{…}} stays as it is written in: {', '.join(found.references)}.")


def _ask(names: Sequence[str], guess: Sequence[str]) -> list[str]:
    if not sys.stdin.isatty():
        raise WrongArgumentError(
            f"Which are secret? By their names: {', '.join(guess) or 'none'}. Without a terminal, "
            "--yes takes these. Nothing was changed."
        )
    print(f"Variables: {', '.join(names)}")
    answer = input(f"Which are secret? [{' '.join(guess) or '-'}] (names, - for none): ").strip()
    if not answer:
        return list(guess)
    typed = [] if answer == "-" else answer.replace(",", " ").split()
    if unknown := [name for name in typed if name not in names]:
        raise WrongArgumentError(f"Not in the file: {', '.join(unknown)}. Nothing was changed.")
    return typed
