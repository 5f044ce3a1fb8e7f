"""What a target hands over to the workload."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker


@dataclass(frozen=True, kw_only=True)
class Host:
    """A machine with a Docker Engine, ready to be used.

    `endpoint` is the engine's address as `DOCKER_HOST` takes it. `provider` talks to the same
    engine, which runs images of `platform`. The proxy publishes `port` on `bind_address`; users
    reach it at `url`.
    """

    provider: docker.Provider
    endpoint: pulumi.Input[str]
    platform: str
    bind_address: str
    port: int
    url: pulumi.Output[str]
