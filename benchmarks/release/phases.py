"""The phases of one `pulumi up`, from the events of Pulumi's engine."""

import json
from dataclasses import dataclass
from typing import Any

STEPS = {
    "build": "docker:index/image:Image",
    "migrate": "pulumi-python:dynamic/taskmanager:Migration",
    "start": "docker:index/container:Container",
    "switch": "pulumi-python:dynamic/taskmanager:Switch",
}
OPERATIONS = {"create", "update", "create-replacement"}
REMOVAL = "delete-replaced"


@dataclass(frozen=True)
class Span:
    """From the first beginning to the last end, in seconds of the run."""

    begin: float
    end: float


def phases(log: str, began: float, ended: float) -> dict[str, float]:
    """Seconds per phase of an update whose event log (JSON lines) is `log`."""
    parts = spans(log)
    removal = parts.pop("remove old", None)
    first = min(span.begin for span in parts.values())
    last = max(span.end for span in (*parts.values(), *filter(None, [removal])))
    seconds = {"program start and check": first - began}
    seconds |= {name: span.end - span.begin for name, span in parts.items()}
    if removal:
        seconds["remove old"] = removal.end - removal.begin
    return seconds | {"end of the update": ended - last}


def spans(log: str) -> dict[str, Span]:
    """When parts phase was, in seconds since the epoch, from an event log (JSON lines)."""
    events: list[dict[str, Any]] = [json.loads(line) for line in log.splitlines() if line.strip()]
    begins: dict[str, list[float]] = {}
    ends: dict[str, list[float]] = {}
    for event in events:
        for kind, times in (("resourcePreEvent", begins), ("resOutputsEvent", ends)):
            phase = _phase(event.get(kind, {}).get("metadata", {}))
            if phase:
                times.setdefault(phase, []).append(event["timestamp"])
    return {phase: Span(min(begins[phase]), max(ends[phase])) for phase in begins if phase in ends}


def _phase(metadata: dict[str, Any]) -> str | None:
    if metadata.get("op") == REMOVAL:
        return "remove old"
    if metadata.get("op") not in OPERATIONS:
        return None
    return next((name for name, kind in STEPS.items() if kind == metadata["type"]), None)
