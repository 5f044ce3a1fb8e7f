"""House defaults for every container; what neither they nor the caller say is Docker's default."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pulumi
import pulumi_docker as docker

from infra.host import Host

LOG_ROTATION = {"max-size": "10m", "max-file": "3"}

LABEL = "org.taskmanager.project"

# Shares of the processor when there is too little, Docker's default being 1024: more for what every
# request waits for, less for what none waits for.
FIRST_SHARES, LAST_SHARES = 4096, 128

# The part of one processor that what only starts may take, in microseconds. A low share would bound
# less: it is let in whenever what serves pauses, and then stays for milliseconds.
STARTING_PERIOD, STARTING_QUOTA = 5000, 2000

Replacement = Literal["create-first", "delete-first"]


def container(
    name: str,
    *,
    host: Host,
    image: pulumi.Input[str],
    network: pulumi.Input[str],
    replacement: Replacement,
    grace_seconds: int,
    opts: pulumi.ResourceOptions,
    files: Mapping[str, pulumi.Input[str]] | None = None,
    volumes: Mapping[str, pulumi.Input[str]] | None = None,
    capabilities: Sequence[str] = (),
    **settings: Any,
) -> docker.Container:
    """A container on `network` that restarts, rotates its logs and holds only `capabilities`.

    `files` maps a path in the container to its content, `volumes` a path to a volume's name.
    `create-first` is for containers that share nothing exclusive: their name gets a random end, so
    that old and new can live side by side. `delete-first` is for owners of a volume or a host port,
    named exactly `name`. `grace_seconds` is the time between SIGTERM and SIGKILL: without it the
    provider kills at once.
    """
    delete_first = replacement == "delete-first"
    return docker.Container(
        name,
        name=name if delete_first else None,
        image=image,
        networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=network)],
        restart="unless-stopped",
        log_driver="json-file",
        log_opts=LOG_ROTATION,
        security_opts=["no-new-privileges"],
        capabilities=docker.ContainerCapabilitiesArgs(drops=["ALL"], adds=list(capabilities)),
        destroy_grace_seconds=grace_seconds,
        labels=[
            docker.ContainerLabelArgs(label=label, value=value)
            for label, value in {LABEL: pulumi.get_project(), **host.mark}.items()
        ],
        uploads=[
            docker.ContainerUploadArgs(file=path, content=content)
            for path, content in (files or {}).items()
        ],
        volumes=[
            docker.ContainerVolumeArgs(container_path=path, volume_name=volume)
            for path, volume in (volumes or {}).items()
        ],
        opts=opts.merge(
            # Never left to the provider, whose default is to delete first and take every
            # dependent along.
            pulumi.ResourceOptions(
                delete_before_replace=delete_first,
                # The provider reports changes of these as done and does nothing.
                replace_on_changes=["healthcheck", "tmpfs", "init"],
            )
        ),
        **settings,
    )


def healthcheck(*command: str, every: str = "2s") -> docker.ContainerHealthcheckArgs:
    """`command` in the container says whether it is well; a new one gets half a minute."""
    return docker.ContainerHealthcheckArgs(
        tests=["CMD", *command], interval=every, timeout="5s", retries=5, start_period="30s"
    )


def kept_volume(name: str, child: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """The name of a volume that outlives the deployment: PURGE=1 removes it."""
    kept = child.merge(pulumi.ResourceOptions(retain_on_delete=True))
    return docker.Volume(name, name=name, opts=kept).name
