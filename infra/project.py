"""The project that a command or the program belongs to: the folder that holds `Pulumi.yaml`."""

from functools import cache
from pathlib import Path

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
