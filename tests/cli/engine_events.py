"""Events of Pulumi's engine, as a deployment reads them."""

import json
from pathlib import Path
from typing import Any

from pulumi.automation.events import EngineEvent

from cli.progress import Progress

IMAGE = "urn:pulumi:local::taskmanager::docker:index/image:Image::tasks-image"
POSTGRES = "urn:pulumi:local::taskmanager::docker:index/container:Container::tasks-postgres"
LINES = Path(__file__).with_name("build_lines")
STACK = "urn:pulumi:local::taskmanager::pulumi:pulumi:Stack::taskmanager-local"


def step(kind: str, op: str, urn: str, *, custom: bool = True) -> EngineEvent:
    state = {"urn": urn, "type": urn.split("::")[2], "custom": custom}
    metadata: dict[str, Any] = {"op": op, "urn": urn, "type": urn.split("::")[2], "new": state}
    return EngineEvent.from_json({kind: {"metadata": metadata}})


def diagnostic(urn: str, message: str, severity: str = "info") -> EngineEvent:
    event = {"urn": urn, "message": message, "severity": severity, "color": "raw"}
    return EngineEvent.from_json({"diagnosticEvent": event})


def recorded(name: str, progress: Progress) -> None:
    """Let `progress` read what the Docker plugin 5.2.0 said of a real build.

    Its own function made the lines, `processLogLine` of provider/image.go, from the messages of a
    Docker Engine 20.10.
    """
    said = json.loads((LINES / f"{name}.json").read_text())
    for message in said["messages"]:
        progress.show(diagnostic(IMAGE, f"{message}\n"))
    if "error" in said:
        progress.show(diagnostic(IMAGE, f"error: {said['error']}", "error"))
