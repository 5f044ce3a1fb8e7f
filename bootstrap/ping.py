"""Asks an engine whether it is there, without needing the docker command."""

import http.client
import socket
from typing import Any

from bootstrap import shell

SECONDS = 5.0


class Unusable(Exception):
    """Why an endpoint is of no use."""


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("docker", timeout=SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(SECONDS)
        self.sock.connect(self._path)


def ping(endpoint: str) -> None:
    """Return if the Docker Engine at `endpoint` answers.

    Raises Unusable with the reason in plain words.
    """
    scheme, _, path = endpoint.partition("://")
    if scheme != "unix":
        # TLS and ssh are what the docker command is for.
        if shell.answer("docker", "-H", endpoint, "version", timeout=30) is None:
            raise Unusable(f"`docker -H {endpoint} version` fails")
        return
    try:
        answer = get(path, "/_ping")
    except PermissionError as denied:
        raise Unusable(
            "no permission on the socket; `sudo usermod -aG docker $USER` and log in again"
        ) from denied
    except FileNotFoundError as missing:
        raise Unusable("not there") from missing
    except (OSError, http.client.HTTPException) as broken:
        raise Unusable(str(broken) or type(broken).__name__) from broken
    if answer != b"OK":
        raise Unusable(f"answers {answer[:80]!r}")


def get(socket_path: str, url: str) -> Any:
    """The body of a GET on the Docker Engine behind a unix socket."""
    connection = _UnixConnection(socket_path)
    try:
        connection.request("GET", url)
        return connection.getresponse().read()
    finally:
        connection.close()
