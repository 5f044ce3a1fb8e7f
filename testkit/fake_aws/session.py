"""A stand-in for Session Manager: a terminal that talks to a port of the machine from inside it."""

import os
import sys
import time

from testkit.fake_aws import machines

SLOW = "TASKMANAGER_FAKE_SESSION_SECONDS"
"""The environment variable with the seconds that a session takes to start."""


def main(instance: str, port: str) -> None:
    """Become a relay between this terminal and the machine's own loopback address."""
    time.sleep(float(os.environ.get(SLOW, "0")))
    pid = machines.holder(instance)
    # It is the machine that connects to Session Manager, by its network.
    if pid is None or not machines.plugged_in():
        raise SystemExit(f"An error occurred (TargetNotConnected): {instance} is not connected.")
    inside = [
        "nsenter",
        f"--net=/proc/{pid}/ns/net",
        sys.executable,
        "-m",
        "testkit.fake_aws.relay",
    ]
    os.execvp(inside[0], [*inside, "-", f"127.0.0.1:{port}"])  # noqa: S606 - no shell wanted
