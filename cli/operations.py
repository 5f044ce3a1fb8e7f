"""Operations of Pulumi's engine on a stack: their progress, and the report of one that failed."""

import sys
from collections.abc import Sequence

from cli import automation, build_output, service
from cli.progress import TAIL_LINES, Progress
from cli.stack import Stack

GENERAL = ("update failed", "destroy failed", "preview failed")
"""Messages that say no more than the exit status does."""
UNHANDLED = "an unhandled error occurred"
UNATTENDED = ("--yes", "--skip-preview")


def up(stack: Stack, *options: str, progress: Progress | None = None) -> int:
    """Deploy; print the `progress`, and the cause, the facts and the next command if it fails."""
    return _run(stack, ["up", *UNATTENDED, *options], progress or Progress(), again="up")


def destroy(stack: Stack) -> int:
    """Remove everything that the stack's state names."""
    return _run(stack, ["destroy", *UNATTENDED], Progress(), again="down")


def _run(stack: Stack, words: Sequence[str], progress: Progress, *, again: str) -> int:
    try:
        automation.operate([*words, "--stack", stack.name], show=progress.show, tick=progress.tick)
    except automation.CommandFailedError as failure:
        print(report(progress, str(failure)), file=sys.stderr)
        if _is_silent_build(progress) and (output := build_output.of_failed(stack)):
            print(output, file=sys.stderr)
        print(f"\n{service.observed(stack)}", file=sys.stderr)
        print(
            f"Next: mend the cause, then {stack.make(again)}. All of it: {stack.make('status')}",
            file=sys.stderr,
        )
        return 1
    print(f"  {_sum(progress)}", flush=True)
    return 0


def _is_silent_build(progress: Progress) -> bool:
    """Whether an image was not built, and the provider has printed no more than one line of it."""
    name, text = progress.errors[0] if progress.errors else ("", "")
    return name.endswith("image") and not progress.build and "\n" not in text.strip()


def report(progress: Progress, said: str) -> str:
    """The cause first, then where it happened and the end of the image's build."""
    causes = [(name, text) for name, text in progress.errors if text not in GENERAL]
    if not causes:
        return f"\nStopped: {said or 'Pulumi gave no reason'}"
    name, text = causes[0]
    if text.startswith(UNHANDLED) and progress.notes:
        # The program has printed why.
        text = progress.notes[-1]
    built = progress.build
    if name.endswith("image"):
        # The reason is the last line; what comes before it is the output of the build.
        *output, text = text.strip().splitlines()
        built = [*built, *output][-TAIL_LINES:]
    lines = [f"\nStopped: {text}"]
    lines.append(f"  It happened at {name}." if name else "")
    others = {other: text for other, text in causes[1:] if other != name}
    lines += [f"  Also failed: {other}: {text.splitlines()[0]}" for other, text in others.items()]
    if built and name.endswith("image"):
        lines += ["  The end of the build:", *(f"    {line}" for line in built)]
    return "\n".join(line for line in lines if line)


def _sum(progress: Progress) -> str:
    """The number of resources by what was done, in everyday words."""
    changes = {**progress.changes, "kept": progress.kept}
    changes["delete"] = changes.get("delete", 0) - progress.kept
    words = {
        "create": "created", "update": "updated", "replace": "replaced", "delete": "removed",
        "kept": "kept", "same": "unchanged",
    }  # fmt: skip
    counted = [f"{changes[key]} {word}" for key, word in words.items() if changes.get(key)]
    return ", ".join(counted) or "Nothing to do"
