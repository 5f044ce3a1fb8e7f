"""A Docker Engine that answers: one that is there, or Debian's, installed and started."""

import os
import shutil
from pathlib import Path

from bootstrap import dockerd, shell
from bootstrap.errors import SetupError
from bootstrap.ping import Unusable, ping

DEFAULT = "unix:///var/run/docker.sock"
INSTALL_PAGE = "https://docs.docker.com/engine/install/"


def ensure() -> tuple[str, str]:
    """The endpoint of Docker Engine, as DOCKER_HOST wants it, and how it came about."""
    chosen = _chosen_by_user()
    if chosen:
        return _must_answer(*chosen), f"running at {chosen[0]}"
    refused: list[str] = []
    for endpoint in _usual_places():
        try:
            ping(endpoint)
        except Unusable as reason:
            refused.append(f"  {endpoint}: {reason}")
        else:
            _need_client()
            return endpoint, f"running at {endpoint}"
    return _install_and_start(refused)


def _chosen_by_user() -> tuple[str, str] | None:
    """An endpoint that is not the default, and what chose it."""
    host = os.environ.get("DOCKER_HOST", "")
    if host and host != DEFAULT:
        return host, "DOCKER_HOST"
    if host:
        return None
    endpoint = shell.answer(
        "docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"
    )
    if endpoint and endpoint != DEFAULT:
        return endpoint, "the current docker context"
    return None


def _must_answer(endpoint: str, chosen_by: str) -> str:
    try:
        ping(endpoint)
    except Unusable as reason:
        raise SetupError(
            f"The Docker Engine at {endpoint} does not answer: {reason}.\n"
            f"It was chosen by {chosen_by}. Start it, or choose another "
            "(unset DOCKER_HOST, docker context use default)."
        ) from reason
    _need_client()
    return endpoint


def _usual_places() -> list[str]:
    home = Path.home()
    own = [
        home / ".docker" / "run" / "docker.sock",
        home / ".docker" / "desktop" / "docker.sock",
        home / ".colima" / "default" / "docker.sock",
    ]
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        own.append(Path(runtime) / "docker.sock")
    return [DEFAULT, *(f"unix://{socket}" for socket in own if socket.exists())]


def _need_client() -> None:
    if shutil.which("docker") is None:
        shell.apt_install("docker.io")


def _install_and_start(refused: list[str]) -> tuple[str, str]:
    if not shell.can_apt():
        raise SetupError(
            "No Docker Engine answers:\n" + "\n".join(refused) + "\n"
            f"Start Docker Desktop, colima or the docker service, or install it: {INSTALL_PAGE}\n"
            "As root on a Debian-like system this command installs and starts it by itself."
        )
    how = "started"
    if shutil.which("dockerd") is None:
        shell.apt_install("docker.io")
        how = "installed docker.io and started"
    dockerd.start()
    _need_client()
    return DEFAULT, f"{how} at {DEFAULT}"
