# Docker's classes have no types of their own.
# pyright: reportUnknownMemberType=false
"""A command that runs once, in a container of its own, as the api containers run."""

import secrets
import signal
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import docker
from docker.errors import APIError, NotFound

from cli.deployed import Deployed
from cli.errors import INTERRUPTED
from infra import app_environment, project
from infra.errors import UserError
from infra.names import FOLDER, ONE_OFF

LOW_SHARES = 128
"""Its weight when processors are short, Docker's default being 1024: requests go first."""
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(deployed: Deployed, command: Sequence[str]) -> int:
    """Run `command` with this terminal as its own; the result is its exit status.

    Its container is removed in any case. The first Ctrl-C is for the command, the second one ends
    it at once. Raises UserError when no release serves.
    """
    serving = _serving(deployed)
    with _container(deployed, serving, command) as container:
        options = ["--interactive"] if _stdin() else []
        words = ["docker", "start", "--attach", *options, container.name]
        # In a group of its own, Ctrl-C does not reach it: it would leave the command without an
        # end. On a terminal, Ctrl-C is a character.
        group = None if _terminal() else 0
        process = subprocess.Popen(words, env=deployed.environment(), process_group=group)
        try:
            with _passing_on(container):
                return process.wait()
        except KeyboardInterrupt:
            return INTERRUPTED
        finally:
            process.kill()
            process.wait()


def remove_left(client: docker.DockerClient, network: str) -> None:
    """End the commands that run on `network` still, which would keep it from being removed."""
    filters: dict[str, Any] = {"label": ONE_OFF, "network": network}
    for container in client.containers.list(all=True, filters=filters, ignore_removed=True):
        _remove(container)
        print(f"Ended {container.name}, a command of `taskmanager run`.")


def _serving(deployed: Deployed) -> Any:
    names: list[str] = deployed.outputs.get("containers") or []
    for container in deployed.containers("api-"):
        if container.name in names:
            return container
    raise UserError(
        f"Stack {deployed.stack.name} has no release that serves. Fix: {deployed.stack.make('up')}"
    )


@contextmanager
def _container(deployed: Deployed, serving: Any, command: Sequence[str]) -> Generator[Any]:
    """A container like the one that is `serving`, but for its command; removed at the end."""
    name = f"{deployed.prefix}-run-{secrets.token_hex(4)}"
    networks = sorted(serving.attrs["NetworkSettings"]["Networks"])
    try:
        created: Any = deployed.client.containers.create(
            serving.attrs["Image"],
            list(command),
            name=name,
            network=networks[0],
            **_as_it_serves(serving),
            **_for_one_command(),
        )
        for network in networks[1:]:
            deployed.client.networks.get(network).connect(created)
        _copy_secrets(serving, created)
        yield created
    finally:
        with suppress(NotFound):
            _remove(deployed.client.containers.get(name))


def _as_it_serves(serving: Any) -> dict[str, Any]:
    config, host = serving.attrs["Config"], serving.attrs["HostConfig"]
    return {
        "environment": config["Env"],
        "volumes": host["Binds"] or [],
        "log_config": host["LogConfig"],
        "mem_limit": host["Memory"],
        "memswap_limit": host["MemorySwap"],
        "labels": {
            **config["Labels"],
            FOLDER: str(project.root()),
            ONE_OFF: project.deployer(),
        },
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
    }


def _for_one_command() -> dict[str, Any]:
    return {
        # The image's check asks a port, on which nothing listens.
        "healthcheck": {"test": ["NONE"]},
        # As its first process, a command would get no signal that it does not handle.
        "init": True,
        # Also where this process is killed.
        "auto_remove": True,
        "cpu_shares": LOW_SHARES,
        "tty": _terminal(),
        "stdin_open": _stdin(),
    }


def _copy_secrets(source: Any, target: Any) -> None:
    # They are files in the container, which Docker Engine's own description does not show.
    with suppress(NotFound):
        archive, _ = source.get_archive(app_environment.FOLDER)
        target.put_archive(app_environment.FOLDER.rpartition("/")[0], b"".join(archive))


def _remove(container: Any) -> None:
    # It is being removed already, where it has ended.
    with suppress(NotFound, APIError):
        container.remove(force=True)


def _terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _stdin() -> bool:
    """Whether the command reads this process' input; a terminal only with its output as well."""
    return _terminal() or not sys.stdin.isatty()


@contextmanager
def _passing_on(container: Any) -> Generator[None]:
    """Pass the first signal on to the command; KeyboardInterrupt for the second, or without one."""
    passed: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        if passed:
            raise KeyboardInterrupt
        passed.append(number)
        try:
            container.kill(signal=signal.Signals(number).name)
        except (NotFound, APIError):
            # It does not run yet, or no more.
            raise KeyboardInterrupt from None

    before = {number: signal.signal(number, handle) for number in PASSED_ON}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
