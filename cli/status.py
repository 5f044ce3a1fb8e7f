"""What runs, whether it is well, and what needs a look: `make status`."""

import json
import sys
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from cli import facts
from cli.deployed import Deployed

WIDTH = 160


def show(deployed: Deployed, *, as_json: bool = False) -> int:
    """Print the state of the deployment, and last its warnings."""
    if as_json:
        print(json.dumps(_as_json(deployed)))
        return 0
    # A pipe has no width: whoever reads it wants whole names.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    grid = Table.grid(padding=(0, 2))
    wrong: list[str] = []
    for name, text, warning in facts.rows(deployed):
        if text:
            grid.add_row(name, f"[yellow]{text}[/]" if warning else text)
        if warning:
            wrong.append(f"{name}: {warning}")
    console.print(grid)
    console.print(_containers(deployed))
    wrong += _unwell(deployed)
    for line in wrong:
        console.print(f"[yellow]![/] {line}")
    if not wrong:
        console.print(
            f"All is well. Compare all of it with the state: {deployed.stack.make('drift')}"
        )
    return 0


def _as_json(deployed: Deployed) -> dict[str, Any]:
    rows = facts.rows(deployed)
    serving = deployed.outputs.get("containers", [])
    return {
        "stack": deployed.stack.name,
        "facts": {name: {"text": text, "warning": warning} for name, text, warning in rows},
        "containers": [
            {
                "name": container.name,
                "status": container.attrs["State"]["Status"],
                "health": container.attrs["State"].get("Health", {}).get("Status"),
                "image": container.attrs["Config"]["Image"],
                "restarts": container.attrs["RestartCount"],
                "serving": container.name in serving,
            }
            for container in deployed.containers()
        ],
    }


def _containers(deployed: Deployed) -> Table:
    serving = deployed.outputs.get("containers", [])
    containers = deployed.containers()
    # The name is what one looks for: in a narrow terminal the others give way.
    longest = max((len(each.name) for each in containers), default=0)
    name = Column("container", no_wrap=True, min_width=longest)
    table = Table(name, "state", "since", "restarts", "image", "", box=None, padding=(0, 1))
    for container in containers:
        attrs = container.attrs
        image = attrs["Config"]["Image"].removeprefix("sha256:")[-19:]
        role = "serving" if container.name in serving else ""
        since = attrs["State"]["StartedAt"][:16].replace("T", " ")
        table.add_row(container.name, _state(attrs), since, str(attrs["RestartCount"]), image, role)
    return table


def _unwell(deployed: Deployed) -> Iterator[str]:
    """A line for every container that fails its health check or restarts again and again."""
    for container in deployed.containers():
        state = container.attrs["State"]
        if state.get("Health", {}).get("Status") == "unhealthy":
            yield f"{container.name} is unhealthy. Why: docker logs {container.name}"
        elif state["Status"] == "restarting":
            yield f"{container.name} restarts again and again. Why: docker logs {container.name}"


def _state(attrs: dict[str, Any]) -> str:
    state = attrs["State"]
    health = state.get("Health", {}).get("Status")
    text = f"{state['Status']}, {health}" if health else str(state["Status"])
    well = state["Status"] == "running" and health in (None, "healthy", "starting")
    return f"[green]{text}[/]" if well else f"[red]{text}[/]"
