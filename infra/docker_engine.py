"""The Docker Engine of the machine that runs Pulumi: where it is and what it can do."""

import os
from collections.abc import Generator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import docker
import pulumi
from docker.errors import DockerException, NotFound

from infra import ssh
from infra.docker_client import Client

DEFAULT_ENDPOINT = "unix:///var/run/docker.sock"
CONTAINERD_STORE = ["driver-type", "io.containerd.snapshotter.v1"]


def endpoint() -> str:
    """The engine's address: `DOCKER_HOST`, or the usual socket."""
    return os.environ.get("DOCKER_HOST") or DEFAULT_ENDPOINT


@dataclass(frozen=True)
class Engine:
    """A Docker Engine, as it describes itself.

    id: its own, which no other has; empty where it tells none.
    name: that of its machine.
    architecture: in the form of an image platform.
    containerd_store: whether its images are in containerd's store.
    store: the folder, on its machine, in which it keeps everything.
    on_this_kernel: whether it shares the kernel of the machine that runs Pulumi.
    """

    id: str
    name: str
    architecture: str
    containerd_store: bool
    store: Path
    on_this_kernel: bool


BINFMT = Path("/proc/sys/fs/binfmt_misc")
QEMU = {"amd64": "qemu-x86_64", "arm64": "qemu-aarch64"}
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def describe() -> Engine:
    """Ask Docker Engine about itself.

    Raises pulumi.RunError when it does not answer.
    """
    if "DOCKER_CONTEXT" in os.environ:
        raise pulumi.RunError(
            f"DOCKER_CONTEXT is set to {os.environ['DOCKER_CONTEXT']!r} and would override every "
            "stack's own host. Fix: unset DOCKER_CONTEXT, and choose by DOCKER_HOST instead"
        )
    try:
        with connect(endpoint()) as client:
            info: dict[str, Any] = cast(Any, client).info()
    except (DockerException, OSError) as error:
        raise pulumi.RunError(
            f"Docker Engine does not answer at {endpoint()} ({_reason(error)}). "
            "Fix: start Docker, or set DOCKER_HOST to a running one, or run: make setup"
        ) from None
    machine = str(info["Architecture"])
    return Engine(
        id=str(info.get("ID", "")),
        name=str(info.get("Name", "")),
        architecture=ARCHITECTURES.get(machine, machine),
        containerd_store=CONTAINERD_STORE in (info.get("DriverStatus") or []),
        store=Path(info["DockerRootDir"]),
        # Docker Desktop's is a virtual machine, which emulates by itself.
        on_this_kernel=endpoint().startswith("unix://")
        and "Docker Desktop" not in str(info.get("OperatingSystem")),
    )


def emulators() -> frozenset[str] | None:
    """The architectures that this machine's kernel runs by emulation; None if it does not say."""
    if not (BINFMT / "register").exists():
        return None
    return frozenset(
        architecture
        for architecture, name in QEMU.items()
        if (BINFMT / name).exists() and (BINFMT / name).read_text().startswith("enabled")
    )


def refuse_foreign(platform: str) -> None:
    """Raise pulumi.RunError when a build for `platform` would fail at its first command."""
    wanted = platform.rpartition("/")[2]
    own = describe()
    known = emulators() if own.on_this_kernel else None
    if wanted == own.architecture or known is None or wanted in known:
        return
    raise pulumi.RunError(
        f"The image is for {platform}, and this Docker Engine runs linux/{own.architecture} alone. "
        f"Fix: docker run --privileged --rm tonistiigi/binfmt --install {wanted}; or let the "
        "pipeline build it (docs/github.md)"
    )


def refuse_stand_in(image: str) -> None:
    """Raise pulumi.RunError when Docker Engine's `image` came from no registry.

    Set-up builds stand-ins of base images where Docker Hub cannot be reached.
    """
    with connect(endpoint()) as client:
        try:
            digests = client.images.get(image).attrs.get("RepoDigests")
        except NotFound:
            return
    if not digests:
        raise pulumi.RunError(
            f"The image {image} of this Docker Engine was pulled from no registry: it is a "
            f"stand-in that set-up made when Docker Hub did not answer. Fix: docker pull {image}"
        )


def is_classic(preference: str) -> bool:
    """Whether the classic builder builds: as preferred, or as Docker Engine's image store demands.

    BuildKit fails on the containerd store (pulumi-docker issue 967), the classic builder does not.
    """
    return describe().containerd_store if preference == "auto" else preference == "classic"


@contextmanager
def connect(address: str) -> Generator[docker.DockerClient]:
    """A client of the Docker Engine at `address`; `ssh://` goes through the machine's own ssh.

    Raises DockerException when it cannot be reached.
    """
    with ExitStack() as stack:
        if address.startswith("ssh://"):
            try:
                address = f"unix://{stack.enter_context(ssh.docker_socket(address))}"
            except ssh.SshError as error:
                raise DockerException(f"{address} cannot be reached: {error}") from None
        # The certificates of a `tcp://` address come from the environment, as the provider's do.
        environment = {**os.environ, "DOCKER_HOST": address}
        client = Client.from_env(environment=environment, timeout=30)
        yield stack.enter_context(closing(client))


def _reason(error: Exception) -> str:
    text = str(error)
    for words in ("No such file", "Connection refused", "Permission denied", "timed out"):
        if words.lower() in text.lower():
            return words.lower()
    return text.splitlines()[0][:120]
