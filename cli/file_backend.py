"""A state that lies in a folder of this machine, as Pulumi's file backend keeps it."""

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote


def folder() -> Path | None:
    """The folder that `PULUMI_BACKEND_URL` names; None where the state lies elsewhere."""
    backend = os.environ.get("PULUMI_BACKEND_URL", "")
    if not backend.startswith("file://"):
        return None
    place = unquote(backend.removeprefix("file://").partition("?")[0])
    return Path(place).expanduser() / ".pulumi"


def locks(name: str) -> Iterator[Path]:
    """The files by which deployments of the stack called `name` keep others out."""
    state = folder()
    if state:
        yield from (state / "locks").glob(f"**/{name}/*.json")


def remove_empty_attributes() -> int:
    """Remove the `.attrs` files that a killed Pulumi left empty; their number.

    Pulumi replaces a state in one step, but empties and rewrites the file of its attributes, which
    it does not need (gocloud.dev/blob/fileblob, attrs.go). Killed in between, every later command
    ends with `failed to load checkpoint: EOF`, although the state is whole.
    """
    state = folder()
    empty = [file for file in state.rglob("*.attrs") if not file.stat().st_size] if state else []
    for file in empty:
        file.unlink(missing_ok=True)
    return len(empty)
