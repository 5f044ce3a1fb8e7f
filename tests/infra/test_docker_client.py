"""Commands in containers over a connection that delivers the answer in other pieces than usual."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest
from docker.errors import DockerException

from infra.docker_client import Client

CONTAINER, COMMAND = "1" * 64, "2" * 64
HIJACKED = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n",
    b"HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"
    b"Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n",
)


def frame(text: bytes, stream: int = 1) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(text).to_bytes(4, "big") + text


class Engine:
    """As much of Docker Engine as one command needs; headers and output arrive together."""

    def __init__(self, path: Path) -> None:
        self.output = b""
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(self._answer(connection.recv(65536).decode()))

    def _answer(self, request: str) -> bytes:
        path = request.split()[1].partition("?")[0]
        if path.endswith("/start"):
            return HIJACKED["Upgrade" in request] + self.output
        known = {
            "version": {"ApiVersion": "1.50"},
            f"{CONTAINER}/json": {"Id": CONTAINER},
            f"{CONTAINER}/exec": {"Id": COMMAND},
            f"{COMMAND}/json": {"ExitCode": 0},
        }
        body = next(json.dumps(known[end]).encode() for end in known if path.endswith(end))
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        return f"{head}\r\nConnection: close\r\n\r\n".encode() + body


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(tmp_path / "docker.sock")
    with closing(made.listener):
        yield made


def output_of_a_command(tmp_path: Path) -> bytes:
    with closing(Client(base_url=f"unix://{tmp_path}/docker.sock")) as client:
        result = client.containers.get(CONTAINER).exec_run(["kamal-proxy", "list"])
        return cast(bytes, result.output)


def test_an_output_that_arrives_together_with_the_headers_is_whole(
    engine: Engine, tmp_path: Path
) -> None:
    engine.output = frame(b"Service  Host\n") + frame(b"", 2) + frame(b"tasks  *\n", 2)
    assert output_of_a_command(tmp_path) == b"Service  Host\ntasks  *\n"


def test_a_command_without_output_has_none(engine: Engine, tmp_path: Path) -> None:
    engine.output = b""
    assert output_of_a_command(tmp_path) == b""


@pytest.mark.parametrize("lost", [1, 10, 17], ids=str)
def test_an_output_that_ends_early_is_no_output(lost: int, engine: Engine, tmp_path: Path) -> None:
    engine.output = frame(b"Service  Host")[:-lost]
    with pytest.raises(DockerException, match="ended within an output"):
        output_of_a_command(tmp_path)
