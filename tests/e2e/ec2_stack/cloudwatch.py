"""Lines of containers in CloudWatch."""

import time

from testkit.fake_aws.rehearsal import Rehearsal

FLUSH_SECONDS = 90
"""The driver writes every five seconds, and the state of the database is a line a minute."""


def in_cloudwatch(deployed: Rehearsal, *, container: str, text: str) -> None:
    """Wait until a container's line with `text` is in CloudWatch."""
    deadline = time.monotonic() + FLUSH_SECONDS
    while not any(
        text in line
        for name, lines in deployed.logged().items()
        if container in name
        for line in lines
    ):
        assert time.monotonic() < deadline, f"no {text!r} in {deployed.logged()}"
        time.sleep(1)
