"""The screen of `make status`: facts, containers, warnings; it fits a terminal of 80 x 24."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from cli import drift, facts, screen
from cli.deployed import Deployed

DIGITS = 12
"""Of a digest, the same ones that `make releases` shows."""


def show(deployed: Deployed, *, as_json: bool = False) -> int:
    """Print the facts of the deployment, its containers, and last every warning."""
    if as_json:
        print(json.dumps(_as_json(deployed)))
        return 0
    grid = Table.grid(padding=(0, 2))
    warnings: list[str] = []
    for name, text, warning in facts.rows(deployed):
        if text:
            grid.add_row(name, text)
        if warning:
            warnings.append(f"{name}: {warning}")
    screen.print_table(grid, _containers(deployed))
    warnings += _unwell(deployed)
    for line in warnings:
        print(f"! {line}")
    if not warnings:
        print(f"All is well. Compare all of it with the state: {deployed.stack.make('drift')}")
    return 0


def _as_json(deployed: Deployed) -> dict[str, Any]:
    rows = facts.rows(deployed)
    failed = drift.failed(deployed)
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
                "role": _role(str(container.name), deployed, failed),
            }
            for container in deployed.containers()
        ],
        "warnings": [
            *(f"{name}: {warning}" for name, _, warning in rows if warning),
            *_unwell(deployed),
        ],
    }


def _containers(deployed: Deployed) -> Table:
    failed = drift.failed(deployed)
    rows = screen.table("CONTAINER", "STATE", "UP", "RESTARTS", "IMAGE", "ROLE")
    for container in deployed.containers():
        attrs = container.attrs
        running = attrs["State"]["Status"] == "running"
        rows.add_row(
            str(container.name),
            _state(attrs["State"]),
            _age(attrs["State"]["StartedAt"]) if running else "-",
            str(attrs["RestartCount"]),
            _image(attrs["Config"]["Image"]),
            _role(str(container.name), deployed, failed),
        )
    return rows


def _image(reference: str) -> str:
    """The first digits of its digest, or its tag."""
    digest = reference.rpartition("sha256:")[2]
    return digest[:DIGITS] if "sha256:" in reference else reference.rpartition("/")[2]


def _role(name: str, deployed: Deployed, failed: set[str]) -> str:
    if name in deployed.outputs.get("containers", []):
        return "serving"
    return "failed" if name in failed else ""


def _unwell(deployed: Deployed) -> Iterator[str]:
    """A line for every container that fails its health check or restarts repeatedly."""
    for container in deployed.containers():
        state = container.attrs["State"]
        if state.get("Health", {}).get("Status") == "unhealthy":
            yield f"{container.name} is unhealthy. Why: docker logs {container.name}"
        elif state["Status"] == "restarting":
            yield f"{container.name} restarts repeatedly. Why: docker logs {container.name}"


def _state(state: dict[str, Any]) -> str:
    """Its health where it has a check, otherwise whether it runs."""
    if state["Status"] == "running":
        return str(state.get("Health", {}).get("Status") or "running")
    return f"{state['Status']} ({state['ExitCode']})" if state.get("ExitCode") else state["Status"]


def _age(started: str) -> str:
    """Since the moment `started`, to the second, of UTC."""
    then = datetime.fromisoformat(f"{started[:19]}+00:00")
    minutes = int((datetime.now(UTC) - then).total_seconds()) // 60
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"
