"""The only way in: kamal-proxy on the host's public port."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from infra.components.container import FIRST_SHARES, ContainerArgs, container
from infra.components.images import Images
from infra.host import Host
from infra.steps.placeholder import Placeholder, PlaceholderArgs

STATE = "/home/kamal-proxy/.config/kamal-proxy"


@dataclass(frozen=True, kw_only=True)
class EdgeArgs:
    """The proxy listens on the `ports` of the `host`, and knows the private `network`.

    It is not replaced before all `images` are there.
    """

    host: Host
    network: pulumi.Input[str]
    images: Images
    drain_timeout: int


class Edge(pulumi.ComponentResource):
    """The proxy, running; `container_name` is where a release tells it to switch.

    Until the first release it answers every request with a page that says that there is none.

    It remembers its targets in a volume, because a release tells it only when they change.
    """

    container_name: str
    container_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: EdgeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:docker:Edge", name, None, opts)
        child = args.host.child_of(self)
        # Certificates are in it: authorities limit how often one is issued.
        kept = child.merge(pulumi.ResourceOptions(retain_on_delete=bool(args.host.domain)))
        state = docker.Volume(f"{name}-proxy-state", name=f"{name}-proxy-state", opts=kept)
        self.container_name = f"{name}-proxy"
        proxy = container(
            self.container_name,
            ContainerArgs(
                host=args.host,
                image=args.images.proxy,
                network=args.network,
                replacement="delete-first",
                cpu_shares=FIRST_SHARES,
                grace_seconds=args.drain_timeout,
                ports=[
                    docker.ContainerPortArgs(internal=own, external=port, ip=args.host.bind_address)
                    for port, own in args.host.ports.items()
                ],
                volumes={STATE: state.name},
                # It listens on ports below 1024 as its own user.
                capabilities=["CAP_NET_BIND_SERVICE"],
            ),
            # It is deleted before it is made again.
            child.merge(pulumi.ResourceOptions(depends_on=args.images.ready)),
        )
        self.container_id = proxy.id
        Placeholder(
            f"{name}-placeholder",
            PlaceholderArgs(
                endpoint=args.host.endpoint,
                proxy=proxy.id,
                service=name,
                options=public_name(args.host),
            ),
            child,
        )
        self.register_outputs({"container_name": self.container_name})


def public_name(host: Host) -> list[str]:
    """The arguments of `kamal-proxy deploy` for the names that the proxy answers to, if any."""
    if not host.names:
        return []
    canonical = [f"--canonical-host={host.domain}"] if len(host.names) > 1 else []
    return [*(f"--host={name}" for name in host.names), "--tls", *canonical]
