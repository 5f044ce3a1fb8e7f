"""Commands that take what processor time nobody else wants, as if on another machine."""

from collections.abc import Sequence

# The session has a share of its own where the kernel groups by session, and is within it idle.
_LAST_IN_LINE = (
    *("setsid", "sh", "-c"),
    'echo 19 2>/dev/null >/proc/self/autogroup; exec chrt --idle 0 "$@"',
    "sh",
)


def put_aside(command: Sequence[str]) -> list[str]:
    """`command`, which then goes after all other work of this machine."""
    return [*_LAST_IN_LINE, *command]
