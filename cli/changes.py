"""The changes that an operation of Pulumi's engine would make, from its events, in short lines.

Pulumi marks secret values in its events, and they are never shown.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from pulumi.automation.events import EngineEvent, OpType, StepEventMetadata

from cli.progress import is_resource, kind_of, name_of
from cli.special_values import SIGNATURE, UNKNOWN

COLUMNS = 80
SHOWN_DIFFERENCES = 8
SHOWN_CHARACTERS = 28
MASKED = "[secret]"
ABSENT = object()
Object = dict[str, Any]
PLANNED = {
    OpType.CREATE: "create",
    OpType.UPDATE: "update",
    OpType.REPLACE: "replace",
    OpType.DELETE: "remove",
    OpType.IMPORT: "import",
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """The change of one resource.

    word: create, update, replace, remove or import.
    kind: the kind of resource, such as container.
    name: its name on the host or at AWS where it has one, else its name in the program.
    differences: a line for each property that differs, without secret values.
    """

    word: str
    kind: str
    name: str
    differences: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The change in lines of at most 80 columns."""
        shown = self.differences[:SHOWN_DIFFERENCES]
        if left := len(self.differences) - len(shown):
            shown.append(f"and {left} more")
        head = f"  {self.word:<10} {self.kind:<15} {self.name}"
        return [cut(head), *(cut(f"    {line}") for line in shown)]


def planned(event: EngineEvent) -> Change | None:
    """The change of a preview that an event announces."""
    step = event.resource_pre_event.metadata if event.resource_pre_event else None
    return _change(step, "inputs") if step else None


def refreshed(event: EngineEvent) -> Change | None:
    """The difference between the state and reality that an event of a refresh tells."""
    step = event.res_outputs_event.metadata if event.res_outputs_event else None
    return _change(step, "outputs") if step else None


def _change(step: StepEventMetadata, side: str) -> Change | None:
    if step.op not in PLANNED or not is_resource(step):
        return None
    name = name_of(step.urn)
    if side == "outputs":
        name = str(_properties(step.old or step.new, side).get("name") or name)
    word = PLANNED[step.op]
    return Change(
        word=word,
        kind=kind_of(step.urn),
        name=name,
        differences=_differences(step, side) if word in ("update", "replace") else [],
    )


def _differences(step: StepEventMetadata, side: str) -> list[str]:
    old, new = (_properties(state, side) for state in (step.old, step.new))
    paths: list[str] = [*(step.detailed_diff or {}), *(step.diffs or [])]
    named = list(dict.fromkeys(path.partition(".")[0].partition("[")[0] for path in paths))
    lines: list[str] = []
    for key in named or sorted({*old, *new}):
        found = list(_compared(key, old.get(key, ABSENT), new.get(key, ABSENT)))
        # Pulumi says that it differs; behind the mask of a secret the two are alike.
        hidden = ": a secret value" if MASKED in str(old.get(key)) else ""
        lines += found or ([f"{key}{hidden}"] if key in named else [])
    return lines


def _properties(state: Any, side: str) -> Mapping[str, Any]:
    return (getattr(state, side) if state else None) or {}


def _compared(path: str, before: Any, after: Any) -> Iterator[str]:
    """A line for each difference between two values."""
    if before == after or path.rpartition(".")[2].startswith("__"):
        return
    if _is_secret(before) or _is_secret(after):
        yield f"{path}: a secret value"
    elif isinstance(before, dict) and isinstance(after, dict):
        yield from _compared_objects(path, cast(Object, before), cast(Object, after))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _compared_lists(path, cast("list[Any]", before), cast("list[Any]", after))
    elif before is ABSENT:
        yield f"{path}: {_short(after)} (new)"
    elif after is ABSENT:
        yield f"{path}: {_short(before)} (removed)"
    else:
        yield f"{path}: {_short(before)} → {_short(after)}"


def _compared_objects(path: str, before: Object, after: Object) -> Iterator[str]:
    for key in sorted({*before, *after}):
        yield from _compared(f"{path}.{key}", before.get(key, ABSENT), after.get(key, ABSENT))


def _compared_lists(path: str, before: list[Any], after: list[Any]) -> Iterator[str]:
    gone = [item for item in before if item not in after]
    come = [item for item in after if item not in before]
    if len(gone) == len(come):
        for old, new in zip(gone, come, strict=True):
            yield from _compared(path, old, new)
    else:
        yield from (f"{path}: {_short(item)} (removed)" for item in gone)
        yield from (f"{path}: {_short(item)} (new)" for item in come)


def _is_secret(value: Any) -> bool:
    return value == MASKED or (isinstance(value, dict) and SIGNATURE in value)


def _short(value: Any) -> str:
    if _is_secret(value) or MASKED in str(value) or SIGNATURE in str(value):
        return "a secret value"
    if value == UNKNOWN:
        return "known when deployed"
    text = " ".join(str(value).split())
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"


def cut(line: str) -> str:
    """`line`, at most 80 columns wide."""
    return line if len(line) <= COLUMNS else f"{line[: COLUMNS - 1]}…"
