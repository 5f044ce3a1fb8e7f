"""docker-py's client, which gets the whole output of a command in a container."""

import io
import struct
from typing import Any

import docker
from docker.errors import APIError, DockerException

FRAME = struct.Struct(">BxxxL")
"""Before each part of an output: its stream, and how many bytes follow (Docker's API, attach)."""


class Client(docker.DockerClient):
    """A client of Docker Engine."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.api = _Api(*args, **kwargs)


class _Api(docker.APIClient):
    def exec_start(  # pyright: ignore[reportIncompatibleMethodOverride] - the stub has overloads
        self,
        exec_id: str,
        detach: bool = False,
        tty: bool = False,
        stream: bool = False,
        socket: bool = False,
        demux: bool = False,
    ) -> Any:
        """The output of a command, once it has ended.

        docker-py reads it from the socket and loses what arrived together with the answer's
        headers (docker-py issue 3332), which is all of a short output on a slow connection.

        Raises APIError when the command cannot be started, and DockerException when the
        connection ends within the output or another way to read it is asked for.
        """
        if detach or tty or stream or socket or demux:
            raise DockerException("This client reads an output as a whole only")
        # An answer that is not an upgrade has a body, which ends with the connection.
        answer = self.post(
            f"{self.base_url}/v{self.api_version}/exec/{exec_id}/start",
            json={"Detach": False, "Tty": False},
            timeout=(self.timeout, None),
        )
        if not answer.ok:
            raise APIError(f"{answer.status_code}: {answer.text}", answer, answer.text)
        return _whole(answer.content)


def _whole(body: bytes) -> bytes:
    frames, parts = io.BytesIO(body), list[bytes]()
    while frames.tell() < len(body):
        _, size = FRAME.unpack(_next(frames, FRAME.size))
        parts.append(_next(frames, size))
    return b"".join(parts)


def _next(frames: io.BytesIO, size: int) -> bytes:
    part = frames.read(size)
    if len(part) < size:
        raise DockerException("The connection to Docker Engine ended within an output")
    return part
