"""The progress of a deployment in short lines, from the events of Pulumi's engine."""

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from pulumi.automation.events import (
    DiagnosticEvent,
    EngineEvent,
    OpType,
    StepEventMetadata,
)

from cli.build_output import COLOUR
from cli.resource_types import BUILT
from cli.stack import STACK

DONE = {
    OpType.CREATE: "created",
    OpType.CREATE_REPLACEMENT: "created",
    OpType.UPDATE: "updated",
    OpType.DELETE: "removed",
    OpType.DELETE_REPLACED: "removed",
    OpType.IMPORT: "imported",
}
DOING = {
    OpType.CREATE: "creating",
    OpType.CREATE_REPLACEMENT: "creating",
    OpType.UPDATE: "updating",
    OpType.DELETE: "removing",
    OpType.DELETE_REPLACED: "removing",
    OpType.IMPORT: "importing",
}
LONG_SECONDS = 10.0
TAIL_LINES = 15
PLUGIN = "Exception calling application: "
"""How gRPC begins an error of a step that is written in Python."""
MARKUP = re.compile(r"<\{%.*?%\}>")
"""The colours in the messages of Pulumi's engine."""
DIGEST = "digest: sha256:"
"""How the Docker plugin begins the line before the name of each step of BuildKit."""
BUILD_STEP = re.compile(r"\[(?!internal\])[^\]]+\] .*")
"""The name of a step of the Dockerfile, by BuildKit: `[3/8] RUN pip install`."""
CLASSIC_STEP = re.compile(r"Step \d+/\d+ : .*")
"""The same by the classic builder."""
PLANNED, BEGUN = 1, 2
"""The times that BuildKit names a step: when it reads the Dockerfile, and when the step begins."""


@dataclass
class Progress:
    """Prints a line for each resource that changed.

    silent: whether it prints nothing and only collects.
    errors: the messages of the errors, the cause first, by the names of their resources.
    changes: how many resources were created, updated and so on, by Pulumi's words.
    build: the last lines of an image's build.
    notes: the last lines of the program and its resources.
    outputs: the stack's, as the program exports them; secret ones without their value.
    kept: how many resources left the state and stay on the host.
    """

    silent: bool = False
    errors: list[tuple[str, str]] = field(default_factory=list)
    changes: dict[str, int] = field(default_factory=dict)
    build: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    kept: int = 0
    _began: dict[str, tuple[float, StepEventMetadata]] = field(default_factory=dict)
    _told: set[str] = field(default_factory=set)
    _named: Counter[str] = field(default_factory=Counter[str])

    def show(self, event: EngineEvent) -> None:
        """Print a line for an event that a person wants to know of."""
        if event.resource_pre_event:
            step = event.resource_pre_event.metadata
            self._began[step.urn] = (time.monotonic(), step)
        elif event.res_outputs_event:
            self._done(event.res_outputs_event.metadata)
        elif event.res_op_failed_event:
            step = event.res_op_failed_event.metadata
            self._began.pop(step.urn, None)
        elif event.diagnostic_event:
            self._diagnostic(event.diagnostic_event)
        elif event.summary_event:
            self.changes = {str(k): n for k, n in event.summary_event.resource_changes.items()}

    def tick(self) -> None:
        """Name each resource that takes long, once."""
        for urn, (began, step) in list(self._began.items()):
            if (
                _is_change(step)
                and urn not in self._told
                and time.monotonic() - began > LONG_SECONDS
            ):
                self._told.add(urn)
                self._line(f"{DOING[step.op]} …", urn)

    def _done(self, step: StepEventMetadata) -> None:
        began, _ = self._began.pop(step.urn, (time.monotonic(), step))
        if step.type == STACK and step.new:
            self.outputs = dict(step.new.outputs or {})
        if _is_change(step):
            seconds = time.monotonic() - began
            kept = step.op == OpType.DELETE and _outlives(step)
            self.kept += kept
            done = "kept" if kept else DONE[step.op]
            self._line(done, step.urn, f"{seconds:.0f} s" if seconds >= 1 else "")

    def _diagnostic(self, event: DiagnosticEvent) -> None:
        text = MARKUP.sub("", event.message).strip()
        name = name_of(event.urn or "")
        if not text or event.severity == "debug":
            return
        if event.severity == "error":
            text = text.removeprefix("error: ").removeprefix(PLUGIN)
            self.errors.append((name, text))
        elif event.urn and kind_of(event.urn) == "image":
            self._built(text)
        elif event.severity == "warning":
            self._print(f"  warning: {text.removeprefix('warning: ')}")
        elif not event.ephemeral:
            self.notes = [*self.notes, *text.splitlines()][-TAIL_LINES:]
            for line in text.splitlines():
                self._print(f"  {name}: {line}" if name else f"  {line}")

    def _built(self, text: str) -> None:
        """Print a line for each step of a build, and keep the end of its output."""
        is_name = False
        for line in map(str.rstrip, text.splitlines()):
            if is_name or CLASSIC_STEP.match(line):
                self._named_step(line, begins=BEGUN if is_name else PLANNED)
            elif not line.startswith(DIGEST):
                self.build = [*self.build, COLOUR.sub("", line)][-TAIL_LINES:]
            is_name = line.startswith(DIGEST)

    def _named_step(self, step: str, *, begins: int) -> None:
        """Print a step of the Dockerfile when it is named for the `begins`th time."""
        self._named[step] += 1
        is_own = BUILD_STEP.match(step) or CLASSIC_STEP.match(step)
        if is_own and self._named[step] == begins:
            self.build = [*self.build, step][-TAIL_LINES:]
            self._print(f"    {step:.74}")

    def _line(self, done: str, urn: str, seconds: str = "") -> None:
        self._print(f"  {done:<10} {kind_of(urn):<15} {name_of(urn):<40} {seconds:>6}".rstrip())

    def _print(self, line: str) -> None:
        if not self.silent:
            print(line, flush=True)


def _outlives(step: StepEventMetadata) -> bool:
    """Whether the thing stays when its resource goes: a volume with data, or an image.

    The provider removes no image that it built; a rollback only builds none.
    """
    old = step.old
    return bool(old and old.retain_on_delete) or step.type == BUILT


def _is_change(step: StepEventMetadata) -> bool:
    return step.op in DONE and is_resource(step)


def is_resource(step: StepEventMetadata) -> bool:
    """Whether a person wants to know of it: components and providers are but structure."""
    state = step.new or step.old
    return bool(state and state.custom) and not step.type.startswith("pulumi:")


def name_of(urn: str) -> str:
    """The name of a resource in the program."""
    return urn.rpartition("::")[2]


def kind_of(urn: str) -> str:
    """`…$docker:index/container:Container::name` is a container."""
    kind = urn.rpartition("::")[0].rpartition(":")[2]
    if kind == "Ledger":
        # Resource types of existing stacks keep their names.
        return "release history"
    return re.sub(r"(?<!^)(?=[A-Z])", " ", kind).lower()
