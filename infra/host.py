"""What a target hands over to the workload."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_docker as docker

from infra.backing_services import Parts

MACHINE = "org.taskmanager.machine"


@dataclass(frozen=True, kw_only=True)
class Builder:
    """An engine that builds images.

    `registry` carries them to the host; None when the host's own engine builds, whose store has
    them already.
    """

    provider: docker.Provider
    version: docker.BuilderVersion
    registry: docker.RegistryArgs | None = None


@dataclass(frozen=True, kw_only=True)
class Host:
    """A machine with a Docker Engine, ready to be used.

    `endpoint` is the engine's address as `DOCKER_HOST` takes it. `provider` talks to the same
    engine, which runs images of `platform`, made by `builder` (None when nothing is to be built).
    The proxy publishes `ports` (of the host, to the proxy's own) on `bind_address`; users reach it
    at `url`, and `domain` is the only name it answers to, with a certificate, unless it is empty.
    `machine` is the resource that the containers die with, `ready` what they wait for and `mark`
    what they carry; there is none when the machine is not the stack's. With another `size` it was
    off in between. What is not in `parts` runs on it.
    """

    provider: docker.Provider
    endpoint: pulumi.Input[str]
    platform: str
    builder: Builder | None
    bind_address: str
    ports: Mapping[int, int]
    url: pulumi.Output[str]
    domain: str = ""
    size: str = ""
    machine: pulumi.CustomResource | None = None
    ready: list[pulumi.Resource] = field(default_factory=list)
    parts: Parts = field(default_factory=Parts)

    @property
    def mark(self) -> dict[str, pulumi.Input[str]]:
        """What everything but data has in its inputs: another machine makes it anew there.

        Not the option `replace_with`, for which the engine (3.256) deletes in no order: an image
        before its container.
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
