"""Look into or steer a running deployment: `python -m cli STACK COMMAND [VALUE]`."""

import sys
from collections.abc import Callable

from cli import backups, change, exec, restore, status, traffic
from cli.deployed import attached
from cli.stack import Stack
from infra.errors import UserError

ON_THE_HOST: dict[str, Callable[..., int]] = {
    "status": status.show,
    "logs": exec.logs,
    "psql": exec.psql,
    "redis": exec.redis,
    "shell": exec.shell,
    "maintenance-on": traffic.maintenance_on,
    "maintenance-off": traffic.resume,
    "pause": traffic.pause,
    "resume": traffic.resume,
    "drift": change.drift,
    "backup": backups.backup,
    "backup-drill": backups.drill,
    "restore": restore.restore,
}
BY_THE_PROGRAM: dict[str, Callable[..., int]] = {"scale": change.scale}


def main(name: str, command: str, *values: str) -> int:
    """Run `command` on stack `name`; the result is the exit status."""
    stack = Stack(name)
    if command in BY_THE_PROGRAM:
        return BY_THE_PROGRAM[command](stack, *values)
    with attached(stack) as deployed:
        return ON_THE_HOST[command](deployed, *values)


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except UserError as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(130)
