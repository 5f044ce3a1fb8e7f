"""Wait until every container of a release is healthy and stays so."""

import math
import time
from collections.abc import Sequence
from typing import Any, cast

from docker import DockerClient
from docker.errors import APIError
from docker.models.containers import Container

from infra.steps.containers import (
    find,
    gentle_seconds,
    last_error,
    last_lines,
    lift_quota,
)
from infra.steps.failure import StepFailed

LONGEST_SECONDS = 900
"""The longest healthTimeout that the configuration accepts."""
SHOWN_CHARACTERS = 400
POLL_SECONDS = 1.0
"""Each check is a process in the container, beside the release that serves."""
STABLE_SECONDS = 2.0
"""How long all must stay healthy, to notice a release that dies right after its start."""


def wait(
    client: DockerClient, names: Sequence[str], *, limit: int, stable: float = STABLE_SECONDS
) -> None:
    """Return when all containers `names` have been healthy for `stable` seconds; at once for none.

    Their processor quota is lifted after `gentle_seconds`: none fails because of the quota.
    Raises StepFailed with the container's last log lines when one has died or restarted, or when
    `limit` seconds have passed.
    """
    began = time.monotonic()
    deadline, gentle_until = began + limit, began + gentle_seconds(limit)
    healthy_since: float | None = None
    for name in names:
        _start(find(client, name))
    while names:
        containers = [find(client, name) for name in names]
        for container in containers:
            _refuse_dead(container)
        now = time.monotonic()
        # One at a time: each check takes processor time from the containers that start.
        waiting = next((container for container in containers if not healthy(container)), None)
        if waiting:
            healthy_since = None
            if now > deadline:
                raise _slow(waiting, limit)
            if now > gentle_until:
                for container in containers:
                    lift_quota(container)
                gentle_until = math.inf
        else:
            healthy_since = healthy_since or now
            if now - healthy_since >= stable:
                return
        time.sleep(POLL_SECONDS)


def healthy(container: Container) -> bool:
    """Whether the image's own health check succeeds now."""
    return _complaint(container) is None


def _complaint(container: Container) -> str | None:
    """The output of the image's own health check when it fails now; None when it succeeds.

    Run here and not read from Docker Engine, which runs it every few seconds only: too slow while a
    release waits for it.
    """
    settings: dict[str, Any] = container.attrs["Config"].get("Healthcheck") or {}
    check: list[str] = settings.get("Test") or ["NONE"]
    match check:
        case ["CMD", *command]:
            pass
        case ["CMD-SHELL", line]:
            command = ["/bin/sh", "-c", line]
        case _:
            raise StepFailed(
                f"The image of {container.name} has no health check, so nothing tells when it is "
                "ready. Fix: add a HEALTHCHECK to service/Dockerfile"
            )
    try:
        result = container.exec_run(command)
    except APIError:
        # It does not run: the next look at its state finds out why.
        return "it does not run"
    output = cast(bytes, result.output).decode(errors="replace")
    return None if result.exit_code == 0 else output


def _start(container: Container) -> None:
    """Start a container that an earlier try of the same release stopped; Docker counts from 0."""
    if container.attrs["State"]["Status"] == "exited":
        container.start()


def _refuse_dead(container: Container) -> None:
    state = container.attrs["State"]
    if state["Status"] in ("exited", "dead", "restarting"):
        raise _failure(container, f"started and died (exit {state['ExitCode']})")
    if container.attrs["RestartCount"] > 0:
        # Docker Engine forgets the exit code of a container that runs again.
        raise _failure(container, "started and died, and Docker Engine started it again")


def _slow(container: Container, limit: int) -> StepFailed:
    answer = _short(_complaint(container) or "")
    longer = min(limit * 2, LONGEST_SECONDS)
    return _failure(
        container,
        f"did not become healthy within {limit} s (the setting healthTimeout). Its health check "
        f"got: {answer or 'an answer that it accepts, but too late'}",
        fix=f"Fix the code, or allow more time: pulumi config set healthTimeout {longer}. Then run "
        "the same command again.",
    )


def _short(said: str) -> str:
    """The status and the body of an HTTP answer; anything else as it is, on one line."""
    head, _, body = said.replace("\r", "").partition("\n\n")
    if not head.startswith("HTTP/"):
        head, body = said, ""
    status = head.splitlines()[0].partition(" ")[2] if head.startswith("HTTP/") else head
    return " ".join(f"{status} {body}".split())[:SHOWN_CHARACTERS]


def _failure(
    container: Container,
    problem: str,
    fix: str = "Fix the code and run the same command again, or go back to the old code.",
) -> StepFailed:
    return StepFailed(
        f"The new container {container.name} {problem}{last_error(container)}\n"
        "  It got no traffic. Its last log lines:\n"
        f"{last_lines(container)}\n"
        f"  {fix}"
    )
