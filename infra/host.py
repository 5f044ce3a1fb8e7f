"""The machine that a target hands over to the workload."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_docker as docker

from infra.backing_services import BackingServices
from infra.container_logs import ContainerLogs

MACHINE = "org.taskmanager.machine"


@dataclass(frozen=True, kw_only=True)
class Builder:
    """A Docker Engine that builds images.

    provider: talks to it.
    version: the builder that works on its image store.
    registry: carries the images to the host; None when the host's own Docker Engine builds, whose
        store has them already.
    arguments: those of every build.
    """

    provider: docker.Provider
    version: docker.BuilderVersion
    registry: docker.RegistryArgs | None = None
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class Host:
    """A machine with a Docker Engine, ready to be used.

    provider: talks to its Docker Engine.
    endpoint: the address of the same Docker Engine, as `DOCKER_HOST` takes it.
    platform: the platform of the images that it runs, like linux/amd64.
    builder: builds them; None when nothing is to be built.
    bind_address: the address on which the proxy publishes its ports.
    ports: by port of the host, the proxy's own port.
    url: the public address.
    names: the names that the proxy answers to, with certificates; all redirect to the first. None:
        any name, no TLS.
    size: the machine's type; with another one the machine was off in between.
    machine: the resource that the containers are deleted with; None when it is not the stack's.
    ready: the resources that everything on the host waits for.
    target: everything else that the target made; no container is deleted while it may still fail.
    backing_services: those that the target brings along; the others run on the host.
    logs: how the containers log.
    origin: labels of a release's containers: the folder and the person it was deployed by.
    """

    provider: docker.Provider
    endpoint: pulumi.Input[str]
    platform: str
    builder: Builder | None
    bind_address: str
    ports: Mapping[int, int]
    url: pulumi.Output[str]
    names: Sequence[str] = ()
    size: str = ""
    machine: pulumi.CustomResource | None = None
    ready: list[pulumi.Resource] = field(default_factory=list)
    target: list[pulumi.Resource] = field(default_factory=list)
    backing_services: BackingServices = field(default_factory=BackingServices)
    logs: ContainerLogs = field(default_factory=ContainerLogs)
    origin: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def domain(self) -> str:
        """The name of the service; empty: it has none."""
        return self.names[0] if self.names else ""

    @property
    def machine_labels(self) -> dict[str, pulumi.Input[str]]:
        """The machine's label, an input of everything but data: another machine makes it anew.

        Not the option `replace_with`, for which Pulumi's engine (3.256) deletes in no order: an
        image before its container.
        """
        return {MACHINE: self.machine.id} if self.machine else {}

    def child_of(self, component: pulumi.Resource) -> pulumi.ResourceOptions:
        """Options of a resource on this host: there once it is ready, gone with its machine."""
        return pulumi.ResourceOptions(
            parent=component,
            # No value carries this: the provider knows the address before anything answers there.
            depends_on=self.ready,
            deleted_with=self.machine,
        )
