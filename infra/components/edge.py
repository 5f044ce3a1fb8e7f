"""The only way in: kamal-proxy on the host's public port."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from components.container import container

PROXY_IMAGE = "basecamp/kamal-proxy:v0.9.2"
STATE = "/home/kamal-proxy/.config/kamal-proxy"


@dataclass(frozen=True, kw_only=True)
class EdgeArgs:
    """The proxy listens on `port` of the host's `bind_address`, and knows the private `network`."""

    network: pulumi.Input[str]
    bind_address: str
    port: int
    drain_timeout: int


class Edge(pulumi.ComponentResource):
    """The proxy, running; `container_name` is where a release tells it to switch.

    It remembers its targets in a volume, because a release tells it only when they change.
    """

    container_name: str
    ready: list[pulumi.Resource]

    def __init__(
        self, name: str, args: EdgeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:docker:Edge", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        image = docker.RemoteImage(
            f"{name}-proxy-image", name=PROXY_IMAGE, keep_locally=True, opts=child
        )
        state = docker.Volume(f"{name}-proxy-state", name=f"{name}-proxy-state", opts=child)
        self.container_name = f"{name}-proxy"
        proxy = container(
            self.container_name,
            image=image.image_id,
            network=args.network,
            replacement="delete-first",
            grace_seconds=args.drain_timeout,
            ports=[docker.ContainerPortArgs(internal=80, external=args.port, ip=args.bind_address)],
            volumes={STATE: state.name},
            # Listens on port 80 as its own user.
            capabilities=["CAP_NET_BIND_SERVICE"],
            opts=child,
        )
        self.ready = [proxy]
        self.register_outputs({"container_name": self.container_name})
