"""The project that a command or the program belongs to: the folder that holds `Pulumi.yaml`."""

import getpass
import os
import socket
from functools import cache
from pathlib import Path
from typing import Any

PROJECT_FILE = "Pulumi.yaml"


@cache
def root() -> Path:
    """The nearest folder, from the working directory upwards, that holds a `Pulumi.yaml`.

    Raises FileNotFoundError where there is none.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / PROJECT_FILE).is_file():
            return folder
    raise FileNotFoundError(f"No {PROJECT_FILE} in {here} or above it. Fix: cd into the project")


def declaration() -> dict[str, Any]:
    """The content of `Pulumi.yaml`: the project's name, its settings with their defaults."""
    # Few commands need it, and yaml takes as long to load as the rest of this module.
    import yaml

    return yaml.safe_load((root() / PROJECT_FILE).read_text())


def deployer() -> str:
    """The person and the machine that deploy: `ada@laptop`."""
    try:
        person = getpass.getuser()
    except (KeyError, OSError):
        # A container's user may have a number and no name.
        person = str(os.getuid())
    return f"{person}@{socket.gethostname()}"
