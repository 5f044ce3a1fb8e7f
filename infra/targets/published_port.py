"""Whether Docker Engine makes a port answer at an address, asked before the proxy moves there.

It accepts addresses at which it publishes nothing: `::1` without its userland proxy.
"""

import socket
import time
from contextlib import suppress
from typing import Any, cast

from docker import DockerClient
from docker.errors import APIError, NotFound

TRY_SECONDS = 5.0
POLL_SECONDS = 0.1
INSIDE = "80/tcp"


def moves(client: DockerClient, proxy: str, address: str, port: int) -> bool:
    """Whether the container `proxy` is there and publishes another `address` or `port`."""
    try:
        settings = client.containers.get(proxy).attrs["HostConfig"]
    except NotFound:
        return False
    bindings = _bindings(settings["PortBindings"])
    published = {(binding["HostIp"], binding["HostPort"]) for binding in bindings}
    return (address, str(port)) not in published


def answers(client: DockerClient, proxy: str, address: str) -> bool:
    """Whether a second container of the image of `proxy` answers at `address`.

    It takes any free port there, and is removed.
    """
    image = client.containers.get(proxy).attrs["Image"]
    try:
        probe: Any = client.containers.run(
            image, name=f"{proxy}-probe", detach=True, ports=cast(Any, {INSIDE: (address, None)})
        )
    except APIError:
        _remove(client, f"{proxy}-probe")
        return False
    try:
        probe.reload()
        bindings = _bindings(probe.attrs["NetworkSettings"]["Ports"])
        return any(_connects(address, int(binding["HostPort"])) for binding in bindings)
    finally:
        _remove(client, f"{proxy}-probe")


def _bindings(ports: dict[str, Any] | None) -> list[dict[str, str]]:
    return (ports or {}).get(INSIDE) or []


def exists(address: str) -> bool:
    """Whether `address` is one of this machine."""
    with socket.socket(_family(address), socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def _connects(address: str, port: int) -> bool:
    deadline = time.monotonic() + TRY_SECONDS
    while time.monotonic() < deadline:
        with socket.socket(_family(address), socket.SOCK_STREAM) as attempt:
            attempt.settimeout(TRY_SECONDS)
            # Every address of the machine has its loopback address among them.
            with suppress(OSError):
                attempt.connect(({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(address, address), port))  # noqa: S104 - to tell it apart
                return True
        time.sleep(POLL_SECONDS)
    return False


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _remove(client: DockerClient, name: str) -> None:
    with suppress(NotFound):
        client.containers.get(name).remove(force=True, v=True)
