"""What the jobs ask of a Docker Engine."""

import io
import logging
import re
import tarfile
from collections.abc import Mapping, Sequence
from typing import cast

from docker import DockerClient
from docker.errors import NotFound
from docker.models.containers import Container

from infra import docker_engine

connect = docker_engine.connect

NO_QUOTA = -1
GENTLE_SECONDS = 10.0
"""How long what starts is held back for what serves: longer than most starts take."""

EXCEPTION = re.compile(r"^[A-Za-z_][\w.]*(?:Error|Exception|Exit)\b[^\"\n]*", re.MULTILINE)


class JobFailed(Exception):
    """A step of the release failed; the text is for the person who deploys.

    The provider process prints a stack trace for every exception that passes through its server,
    which would bury the text: raising this one turns that off.
    """

    def __init__(self, text: str) -> None:
        logging.getLogger("grpc._server").setLevel(logging.CRITICAL)
        super().__init__(text)


def execute(container: Container, command: Sequence[str]) -> str:
    """Run `command` in a running container and return its output.

    Raises JobFailed with the output when it exits non-zero.
    """
    result = container.exec_run(list(command))
    output = cast(bytes, result.output).decode(errors="replace").strip()
    if result.exit_code != 0:
        raise JobFailed(f"{command[0]} in {container.name} exited {result.exit_code}: {output}")
    return output


def lift_quota(container: Container) -> None:
    """Let a running container take as much of the processors as there is, from now on."""
    container.update(cpu_quota=NO_QUOTA)


def gentle_seconds(limit: float) -> float:
    """How long what must be over in `limit` seconds is held back at most."""
    return min(GENTLE_SECONDS, limit / 2)


def find(client: DockerClient, name: str) -> Container:
    """A container that the state says is there; raises JobFailed where it is not."""
    try:
        return client.containers.get(name)
    except NotFound:
        raise JobFailed(
            f"The container {name} is gone. Fix: pulumi refresh, then the same command again."
        ) from None


def last_error(container: Container, count: int = 100) -> str:
    """The last exception that a container's log ends a stack trace with, as `: it`; or nothing."""
    # A log in JSON has its line ends escaped.
    log = container.logs(tail=count).decode(errors="replace").replace("\\n", "\n")
    found = EXCEPTION.findall(log)
    return f": {found[-1].rstrip()}" if found else ""


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
