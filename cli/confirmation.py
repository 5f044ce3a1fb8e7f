"""The question before something is destroyed."""

import sys

from cli.errors import WrongArgument
from cli.stack import Stack


def ask(stack: Stack, target: str, losses: str, yes: bool, typed: str) -> None:
    """Return if the person at the terminal, or an option, says that `losses` may happen.

    `target` is the command's name. A protected stack wants its name, on the terminal or in `typed`.
    Raises WrongArgument otherwise.
    """
    name = stack.name
    if typed and typed != name:
        raise WrongArgument(f"--confirm={typed} names another stack than {name}: nothing changed.")
    if typed == name:
        return
    protected = stack.protected()
    if yes and not protected:
        return
    if not sys.stdin.isatty():
        raise WrongArgument(f"{target} needs a confirmation. {_way(stack, target, protected)}")
    print(f"Stack {name}: {losses}")
    if protected:
        answer = _answer("It is protected. Type the name of the stack to go on: ")
        agreed = answer == name
    else:
        agreed = _answer("Go on? [y/N] ").lower() in ("y", "yes")
    if not agreed:
        raise WrongArgument("Not confirmed: nothing was changed.")


def _answer(question: str) -> str:
    try:
        return input(question).strip()
    except EOFError:
        return ""


def _way(stack: Stack, target: str, protected: bool) -> str:
    if protected:
        return (
            f"Stack {stack.name} is protected: without a terminal its name confirms it: "
            f"{stack.make(target)} YES={stack.name} (taskmanager: --confirm {stack.name})."
        )
    return f"Without a terminal: {stack.make(target)} YES=1 (taskmanager: --yes)."
