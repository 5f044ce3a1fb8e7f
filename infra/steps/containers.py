"""Containers, as the steps of a release use them."""

import io
import re
import tarfile
from collections.abc import Mapping, Sequence
from typing import Any, cast

from docker import DockerClient
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from infra import docker_engine
from infra.names import CPU_QUOTA
from infra.steps.failure import StepFailed

connect = docker_engine.connect

TIME = re.compile(r"^\d{4}-\d\d-\d\dT\S+ ")
"""Before a line of our scripts, for their log."""
NO_QUOTA = -1
GENTLE_SECONDS = 10.0
"""How long the quota of a starting container holds: longer than most starts take."""

EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Exit)\b[^\"\n]*", re.MULTILINE)


def execute(container: Container, command: Sequence[str]) -> str:
    """Run `command` in a running container and return its output.

    Raises StepFailed with the output when it exits non-zero.
    """
    result = container.exec_run(list(command))
    output = cast(bytes, result.output).decode(errors="replace").strip()
    if result.exit_code != 0:
        reason = TIME.sub("", output) or "(it said nothing)"
        raise StepFailed(
            f"{reason}\n  So {command[0]} in {container.name} exited {result.exit_code}."
        )
    return output


def lift_quota(container: Any) -> None:
    """Lift the processor quota of a start, where Docker Engine enforces one.

    The quota that the container's label names takes its place, if there is one.
    """
    try:
        container.update(cpu_quota=int(container.labels.get(CPU_QUOTA, NO_QUOTA)))
    except APIError:
        # Rootless without cgroups it accepts a quota, enforces none, and updates nothing.
        if container.client.info().get("CgroupDriver") != "none":
            raise


def gentle_seconds(limit: float) -> float:
    """How long the quota holds at most for a start that may take `limit` seconds."""
    return min(GENTLE_SECONDS, limit / 2)


def find(client: DockerClient, name: str) -> Container:
    """A container of the stack; raises StepFailed when it is not there."""
    try:
        return client.containers.get(name)
    except NotFound as error:
        raise StepFailed(
            f"The container {name} is gone. Fix: pulumi refresh, then the same command again."
        ) from error


def last_error(container: Container, count: int = 100) -> str:
    """The last exception in the container's log after a colon and a space; else empty."""
    # A log in JSON has its line ends escaped.
    log = container.logs(tail=count).decode(errors="replace").replace("\\n", "\n")
    exceptions = EXCEPTION.findall(log)
    return f": {exceptions[-1].rstrip()}" if exceptions else ""


def last_lines(container: Container, count: int = 20) -> str:
    """The end of a container's log, indented, or a note that there is none."""
    log = container.logs(tail=count).decode(errors="replace").rstrip()
    return "\n".join(f"    {line}" for line in log.splitlines()) or "    (it logged nothing)"


def archive(files: Mapping[str, str]) -> bytes:
    """A tar archive of `files` (absolute path to content) that every user may read."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, content in sorted(files.items()):
            data = content.encode()
            member = tarfile.TarInfo(path.lstrip("/"))
            member.size, member.mode = len(data), 0o444
            tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()
