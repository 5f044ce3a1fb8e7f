"""The private network that everything on the host shares, and the one that leads to its rights."""

import pulumi
import pulumi_docker as docker

from infra.host import Host

BRIDGE = "tm-buckets"
"""The interface that the host's firewall lets to the metadata address (bootstrap.yaml)."""


class Network(pulumi.ComponentResource):
    """A bridge network; containers find each other on it by name.

    `of_buckets` is a second one, for the containers that open a bucket by the host's rights; None
    where no container does.
    """

    name: pulumi.Output[str]
    of_buckets: pulumi.Output[str] | None

    def __init__(self, name: str, host: Host, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("taskmanager:docker:Network", name, None, opts)
        child = host.child_of(self)
        labels = [
            docker.NetworkLabelArgs(label=label, value=value)
            for label, value in host.machine_labels.items()
        ]
        before: list[pulumi.Resource] = []
        self.of_buckets = None
        if host.backing_services.by_rights:
            of_buckets = docker.Network(
                f"{name}-bucket-network",
                # Of two networks, Docker takes the first by name for the way out.
                name=f"0-{name}-buckets",
                options={"com.docker.network.bridge.name": BRIDGE},
                labels=labels,
                opts=child,
            )
            self.of_buckets = of_buckets.name
            before = [of_buckets]
        self.name = docker.Network(
            f"{name}-network",
            name=name,
            labels=labels,
            # No value carries this: whatever can fail comes before a container is deleted.
            opts=child.merge(pulumi.ResourceOptions(depends_on=before)),
        ).name
        self.register_outputs({"name": self.name})
