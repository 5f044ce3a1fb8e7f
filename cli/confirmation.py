"""The question before something is destroyed."""

import sys
from collections.abc import Callable

from cli.errors import WrongArgumentError
from cli.stack import Stack


def ask(stack: Stack, target: str, losses: Callable[[], str], *, yes: bool, typed: str) -> None:
    """Return if the person at the terminal, or an option, says that `losses` may happen.

    `target` is the command's name. A protected stack wants its name, on the terminal or in `typed`.
    Raises WrongArgumentError otherwise.
    """
    name = stack.name
    if typed and typed != name:
        raise WrongArgumentError(
            f"--confirm={typed} names another stack than {name}: nothing changed."
        )
    if typed == name:
        return
    if not yes and not sys.stdin.isatty():
        raise WrongArgumentError(
            f"{target} needs a confirmation. Without a terminal: {stack.make(target)} YES=1 "
            f"(taskmanager: --yes), for a protected stack YES={name} (--confirm {name})."
        )
    protected = stack.protected()
    if yes and not protected:
        return
    if not sys.stdin.isatty():
        raise WrongArgumentError(
            f"Stack {name} is protected and wants its name. Without a terminal: "
            f"{stack.make(target)} YES={name} (taskmanager: --confirm {name})."
        )
    print(f"Stack {name}: {losses()}")
    if protected:
        answer = _answer("It is protected. Type the name of the stack to go on: ")
        agreed = answer == name
    else:
        agreed = _answer("Go on? [y/N] ").lower() in ("y", "yes")
    if not agreed:
        raise WrongArgumentError("Not confirmed: nothing was changed.")


def _answer(question: str) -> str:
    try:
        return input(question).strip()
    except EOFError:
        return ""
