"""This machine's own Docker Engine as the host: no account, no registry, no cloud."""

import errno
import os
import shutil
import socket
from pathlib import Path
from typing import Any, cast

import pulumi
import pulumi_docker as docker
from docker import DockerClient
from docker.errors import APIError, ImageNotFound

from infra import docker_engine, project
from infra.config import StackConfig
from infra.host import Builder, Host
from infra.names import FOLDER, RELEASED_BY
from infra.targets import published_port
from infra.targets.builder import builder

ROOM_BYTES = 256 << 20
"""For an image with other packages, and for the database's writes meanwhile."""


def provision(config: StackConfig) -> Host:
    """The local engine, after checking that it answers, has room, and that the port is free.

    Raises pulumi.RunError with the fix for each of these.
    """
    described = docker_engine.describe()
    _check_engine(described)
    with docker_engine.connect(docker_engine.endpoint()) as client:
        _check_port(config, client)
        if not pulumi.runtime.is_dry_run():
            _check_storage(config, client)
            _check_room(described.store)
            _check_published(config, client)
            _check_image(config, client)
    provider = docker.Provider("local", host=docker_engine.endpoint())
    return Host(
        provider=provider,
        endpoint=docker_engine.endpoint(),
        platform=f"linux/{described.architecture}",
        builder=Builder(provider=provider, version=builder(config.builder)),
        bind_address=config.bind_address,
        ports={config.port: 80},
        url=pulumi.Output.from_input(f"http://{_authority(config)}"),
        origin={
            FOLDER: str(project.root()),
            RELEASED_BY: project.deployer(),
        },
    )


def _check_engine(described: docker_engine.Engine) -> None:
    # Set-up wrote down which one the state is about.
    recorded = os.environ.get("TASKMANAGER_ENGINE_ID")
    if recorded and described.id and recorded != described.id:
        raise pulumi.RunError(
            f"The state of this stack is about the Docker Engine {recorded}; at "
            f"{docker_engine.endpoint()} is another one, {described.id} ({described.name}). "
            "Nothing was changed. Fix: open a new shell and read .local/env to go on there; or, "
            "to deploy on this Docker Engine: make setup ENGINE=this"
        )


def _authority(config: StackConfig) -> str:
    address = f"[{config.bind_address}]" if ":" in config.bind_address else config.bind_address
    return f"{address}:{config.port}"


def _check_port(config: StackConfig, client: DockerClient) -> None:
    holder = _container_on_port(config.port, client)
    if holder == f"{config.name}-proxy":
        if not published_port.exists(config.bind_address):
            raise pulumi.RunError(_no_address(config))
        return
    family = socket.AF_INET6 if ":" in config.bind_address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((config.bind_address, config.port))
        except OSError as error:
            raise pulumi.RunError(_port_problem(config, error, holder)) from None


def _container_on_port(port: int, client: DockerClient) -> str | None:
    holders = client.containers.list(filters={"publish": f"{port}/tcp"})
    return holders[0].name if holders else None


def _port_problem(config: StackConfig, error: OSError, holder: str | None) -> str:
    where = _authority(config)
    if error.errno == errno.EADDRNOTAVAIL:
        return _no_address(config)
    if error.errno == errno.EACCES:
        reason = "needs more rights than you have"
    else:
        reason = "is taken by " + (f"the container {holder}" if holder else "another program")
    fix = f"pulumi config set {pulumi.get_project()}:port {config.port + 1}"
    return f"Port {where} {reason}. Fix: stop the program that holds it, or choose another: {fix}"


def _no_address(config: StackConfig) -> str:
    return (
        f"{config.bind_address} is not an address of this machine. "
        f"Fix: pulumi config set {pulumi.get_project()}:bindAddress 127.0.0.1"
    )


def _check_published(config: StackConfig, client: DockerClient) -> None:
    proxy = f"{config.name}-proxy"
    if not published_port.moves(client, proxy, config.bind_address, config.port):
        return
    if not published_port.answers(client, proxy, config.bind_address):
        raise pulumi.RunError(
            f"Docker Engine at {docker_engine.endpoint()} publishes no port at "
            f"{config.bind_address}: a container that it started there was not reached. Accepted "
            "is an address where it does; an IPv6 one needs its userland proxy, or IPv6 in its "
            "settings. Nothing was changed. "
            f"Fix: pulumi config set {pulumi.get_project()}:bindAddress 127.0.0.1"
        )


def _check_image(config: StackConfig, client: DockerClient) -> None:
    if not config.image.startswith("sha256:"):
        return
    try:
        client.images.get(config.image)
    except ImageNotFound:
        raise pulumi.RunError(
            f"The image {config.image} is not on the Docker Engine at {docker_engine.endpoint()}; "
            "nothing was changed. Fix: choose one that is there (make releases), or build the "
            "working copy: make up without IMAGE=, and without the setting "
            f"{pulumi.get_project()}:image if Pulumi.{pulumi.get_stack()}.yaml has it"
        ) from None


def _check_storage(config: StackConfig, client: DockerClient) -> None:
    try:
        cast(Any, client.volumes).create(f"{config.name}-write-check").remove()
    except APIError as error:
        raise pulumi.RunError(
            f"Docker Engine at {docker_engine.endpoint()} cannot write to its store "
            f"({error.explanation}). Fix: free space on it (docker system df), or make its data "
            "directory writable (docker info -f '{{.DockerRootDir}}')"
        ) from None


def _check_room(store: Path) -> None:
    # On a Mac, Docker Engine is in a virtual machine, whose disk is not visible here.
    if not store.is_dir():
        return
    free = shutil.disk_usage(store).free
    if free < ROOM_BYTES:
        raise pulumi.RunError(
            f"{free >> 20} MiB are free on the disk of Docker Engine ({store}); a release needs "
            f"{ROOM_BYTES >> 20}. Fix: free space on it (docker system df, docker builder prune)"
        )
