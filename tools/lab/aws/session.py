"""Session Manager's part: `session ADDRESS PORT` talks to a port of the machine from inside it."""

import os
import sys

from tools.lab.aws import machines


def main(address: str, port: str) -> None:
    """Become a relay between this terminal and the machine's own loopback address."""
    instance = _at(address)
    pid = machines.holder(instance) if instance else None
    if pid is None:
        raise SystemExit(f"An error occurred (TargetNotConnected): {instance} is not connected.")
    inside = ["nsenter", f"--net=/proc/{pid}/ns/net", sys.executable, "-m", "tools.lab.aws.relay"]
    os.execvp(inside[0], [*inside, "-", f"127.0.0.1:{port}"])  # noqa: S606 - no shell wanted


def _at(address: str) -> str | None:
    found = [each.parent.name for each in machines.folder().glob("i-*/addressed")]
    return found[0] if found and address == machines.ADDRESS else None


if __name__ == "__main__":
    main(*sys.argv[1:])
