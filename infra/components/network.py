"""The private network that everything on the host shares."""

import pulumi
import pulumi_docker as docker

from infra.host import Host


class Network(pulumi.ComponentResource):
    """A bridge network; containers find each other on it by name."""

    name: pulumi.Output[str]

    def __init__(self, name: str, host: Host, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("taskmanager:docker:Network", name, None, opts)
        child = host.child_of(self)
        self.name = docker.Network(
            f"{name}-network",
            name=name,
            labels=[
                docker.NetworkLabelArgs(label=label, value=value)
                for label, value in host.machine_labels.items()
            ],
            opts=child,
        ).name
        self.register_outputs({"name": self.name})
