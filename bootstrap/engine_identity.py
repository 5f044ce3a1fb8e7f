"""The Docker Engine that the state of stack `local` is about: another one under it is refused.

The address says little: Docker Desktop, colima and DOCKER_HOST put another engine behind the same
command. Every engine has an id of its own, which is written down beside the state.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from bootstrap import ping, shell
from bootstrap.errors import SetupError

RECORD = "engine.json"
CHOICE = "this"


@dataclass(frozen=True)
class Identity:
    """An engine: its own `id`, the `name` of its machine, the `endpoint` it was reached at."""

    id: str
    name: str
    endpoint: str

    def __str__(self) -> str:
        return f"{self.name} ({self.id[:14]}…, at {self.endpoint})"


def ask(endpoint: str) -> Identity | None:
    """The engine at `endpoint`; None where it has no id."""
    scheme, _, path = endpoint.partition("://")
    if scheme == "unix":
        said = ping.get(path, "/info").decode(errors="replace")
    else:
        said = shell.answer("docker", "-H", endpoint, "info", "--format", "{{json .}}") or "{}"
    try:
        info = json.loads(said)
    except ValueError:
        return None
    return Identity(info["ID"], info.get("Name", ""), endpoint) if info.get("ID") else None


def confirm(local: Path, present: Identity | None, *, choice: str = "") -> str:
    """Have the state in the folder `local` be about the Docker Engine `present`; its id.

    With the `choice` "this" the state of another engine is put aside, and the one that was put
    aside for this engine comes back. Raises SetupError where a deployment on another engine would
    be forgotten.
    """
    if choice not in ("", CHOICE):
        raise SetupError(f"ENGINE={choice} is not known. Accepted: ENGINE={CHOICE}, or nothing.")
    if present is None:
        return ""
    state = local / "state"
    recorded = _recorded(state)
    if recorded and recorded.id != present.id and _deployed(state):
        if choice != CHOICE:
            raise SetupError(_refusal(recorded, present))
        _put_aside(local, recorded, present)
    state.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(present), indent=2) + "\n"
    file = state / RECORD
    if not file.exists() or file.read_text() != text:
        file.write_text(text)
    return present.id


def _recorded(state: Path) -> Identity | None:
    try:
        return Identity(**json.loads((state / RECORD).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _deployed(state: Path) -> bool:
    """Whether the stack has anything on an engine."""
    try:
        kept = json.loads((state / ".pulumi/stacks/taskmanager/local.json").read_text())
        resources = kept["checkpoint"]["latest"].get("resources") or []
    except (OSError, ValueError, KeyError, AttributeError):
        return False
    return any(resource["type"].startswith("docker:") for resource in resources)


def _refusal(recorded: Identity, present: Identity) -> str:
    back = (
        f"start that engine again, or point {present.endpoint} to it (docker context ls)"
        if recorded.endpoint == present.endpoint
        else f"export DOCKER_HOST={recorded.endpoint}"
    )
    return (
        f"Stack local is deployed on the Docker Engine {recorded}.\n"
        f"This shell leads to another one: {present}. Nothing was changed.\n"
        f"  To go on with the deployment there:  {back}\n"
        f"  To deploy on this engine, too:       make setup ENGINE={CHOICE}\n"
        "    The deployment there stays as it is; its state is kept in .local/states until a "
        f"shell leads there again and you run make setup ENGINE={CHOICE}."
    )


def _put_aside(local: Path, recorded: Identity, present: Identity) -> None:
    if any((local / "state/.pulumi/locks").glob("**/*.json")):
        raise SetupError(
            f"A deployment on the Docker Engine {recorded} is under way, or was cut off. "
            "Wait until it has ended, or go on with it there (make up), and then run this again."
        )
    states = local / "states"
    states.mkdir(exist_ok=True)
    (local / "state").rename(states / _folder(recorded))
    if (states / _folder(present)).is_dir():
        (states / _folder(present)).rename(local / "state")


def _folder(engine: Identity) -> str:
    return engine.id.replace(":", "-").replace("/", "-")
