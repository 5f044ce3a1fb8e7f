"""House defaults for every container; anything else is Docker's default."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pulumi
import pulumi_docker as docker

from infra.host import Host

LABEL = "org.taskmanager.project"

# Weights when processors are short, Docker's default being 1024: more for what every request needs,
# less for what no request waits for.
FIRST_SHARES, LAST_SHARES = 4096, 128

# The processor time of a starting container in each period, in microseconds. A quota, because CPU
# shares do not cap a container that starts while others are idle.
STARTING_PERIOD, STARTING_QUOTA = 5000, 2000

Replacement = Literal["create-first", "delete-first"]


@dataclass(frozen=True, kw_only=True)
class ContainerArgs:
    """The arguments of a container.

    host: the machine that it runs on.
    image: the image, by digest or id.
    network: the name of the host's private network.
    bucket_network: the name of the one by which it gets the host's rights; None is no rights.
    replacement: `create-first` for a container that shares nothing exclusive: its name gets a
        random end, so old and new can run side by side. `delete-first` for the owner of a volume or
        a host port, which has exactly the resource's name.
    grace_seconds: the time between SIGTERM and SIGKILL; without it the provider kills at once.
    command: the command, in place of the image's.
    entrypoint: the entry point, in place of the image's.
    environment: the environment, by name.
    files: files in the container, by path.
    volumes: the names of volumes, by the path at which they are mounted.
    read_only: the paths of those volumes that the container may only read.
    user: the user of its processes; None is the image's.
    ports: the ports that the container publishes.
    capabilities: the Linux capabilities that it keeps.
    healthcheck: the check of its health, in place of the image's.
    init: whether Docker's init is its first process.
    wait_seconds: the longest wait for its health during its creation; None does not wait.
    memory_megabytes: the memory that it may use, without swap; None is no limit.
    shared_megabytes: the size of /dev/shm; None is Docker's default.
    cpu_shares: its weight when processors are short; None is Docker's default, 1024.
    cpu_period: the period of its quota, in microseconds; None is no quota.
    cpu_quota: its processor time in each period, in microseconds; None is no quota.
    """

    host: Host
    image: pulumi.Input[str]
    network: pulumi.Input[str]
    bucket_network: pulumi.Input[str] | None = None
    replacement: Replacement
    grace_seconds: int
    command: Sequence[str] | None = None
    entrypoint: Sequence[str] | None = None
    environment: Mapping[str, pulumi.Input[str]] | None = None
    files: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    volumes: Mapping[str, pulumi.Input[str]] = field(default_factory=dict[str, pulumi.Input[str]])
    read_only: Sequence[str] = ()
    user: str | None = None
    ports: Sequence[docker.ContainerPortArgs] | None = None
    capabilities: Sequence[str] = ()
    healthcheck: docker.ContainerHealthcheckArgs | None = None
    init: bool | None = None
    wait_seconds: int | None = None
    memory_megabytes: int | None = None
    shared_megabytes: int | None = None
    cpu_shares: int | None = None
    cpu_period: int | None = None
    cpu_quota: int | None = None
    labels: Mapping[str, str] = field(default_factory=dict[str, str])


def container(name: str, args: ContainerArgs, opts: pulumi.ResourceOptions) -> docker.Container:
    """A container that restarts, logs as its host says and holds only the capabilities given."""
    delete_first = args.replacement == "delete-first"
    return docker.Container(
        name,
        name=name if delete_first else None,
        image=args.image,
        command=args.command,
        entrypoints=args.entrypoint,
        user=args.user,
        envs=_envs(args),
        networks_advanced=_networks(args),
        ports=args.ports,
        restart="unless-stopped",
        log_driver=args.host.logs.driver,
        log_opts=args.host.logs.options,
        security_opts=["no-new-privileges"],
        capabilities=docker.ContainerCapabilitiesArgs(drops=["ALL"], adds=list(args.capabilities)),
        destroy_grace_seconds=args.grace_seconds,
        healthcheck=args.healthcheck,
        init=args.init,
        wait=None if args.wait_seconds is None else True,
        wait_timeout=args.wait_seconds,
        memory=args.memory_megabytes,
        memory_swap=args.memory_megabytes,
        shm_size=args.shared_megabytes,
        cpu_shares=args.cpu_shares,
        cpu_period=args.cpu_period,
        cpu_quota=args.cpu_quota,
        labels=_labels(args),
        uploads=[
            docker.ContainerUploadArgs(file=path, content=content)
            for path, content in args.files.items()
        ],
        volumes=_volumes(args),
        opts=opts.merge(_replacement(delete_first)),
    )


def _networks(args: ContainerArgs) -> list[docker.ContainerNetworksAdvancedArgs]:
    return [
        docker.ContainerNetworksAdvancedArgs(name=network)
        for network in (args.network, args.bucket_network)
        if network is not None
    ]


def _volumes(args: ContainerArgs) -> list[docker.ContainerVolumeArgs]:
    return [
        docker.ContainerVolumeArgs(
            container_path=path,
            volume_name=volume,
            # Not said where it is Docker's default: existing containers are not replaced.
            read_only=True if path in args.read_only else None,
        )
        for path, volume in args.volumes.items()
    ]


def _envs(args: ContainerArgs) -> list[pulumi.Output[str]] | None:
    if args.environment is None:
        return None
    return [pulumi.Output.concat(name, "=", value) for name, value in args.environment.items()]


def _labels(args: ContainerArgs) -> list[docker.ContainerLabelArgs]:
    labels = {LABEL: pulumi.get_project(), **args.host.machine_labels, **args.labels}
    # Another clone is no reason to stop a database.
    if args.replacement == "create-first":
        labels |= args.host.origin
    return [docker.ContainerLabelArgs(label=label, value=value) for label, value in labels.items()]


def _replacement(delete_first: bool) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(
        # Never left to the provider, whose default is to delete first and take every dependent
        # along.
        delete_before_replace=delete_first,
        # The provider reports changes of the first three as done and does nothing. What a release
        # replaces gets other limits by a release too.
        replace_on_changes=["healthcheck", "tmpfs", "init", *([] if delete_first else ["memory"])],
    )


def healthcheck(*command: str, every: str = "2s") -> docker.ContainerHealthcheckArgs:
    """A health check by `command` in the container; a new container gets half a minute."""
    return docker.ContainerHealthcheckArgs(
        tests=["CMD", *command], interval=every, timeout="5s", retries=5, start_period="30s"
    )


def kept_volume(name: str, child: pulumi.ResourceOptions) -> pulumi.Output[str]:
    """The name of a volume that outlives the deployment: PURGE=1 removes it."""
    kept = child.merge(pulumi.ResourceOptions(retain_on_delete=True))
    return docker.Volume(name, name=name, opts=kept).name
