"""Wait until a container is healthy, for the next one to start after it and not beside it.

Each needs a processor for about a second, which what serves has to spare for one of them.
"""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from infra.steps import containers, health


class _ReadyProvider(ResourceProvider):
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=_olds.get("container") != _news.get("container"))

    def create(self, props: dict[str, Any]) -> CreateResult:
        _wait(props)
        return CreateResult(id_=props["container"], outs=props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        _wait(_news)
        return UpdateResult(outs=_news)


def _wait(props: dict[str, Any]) -> None:
    name = props["container"]
    with containers.connect(props["endpoint"]) as client:
        if health.healthy(containers.find(client, name)):
            # It serves already, and may have restarted since it was new.
            return
        health.wait(client, [name], limit=int(props["healthTimeout"]), settle=0)


class Ready(Resource, module="taskmanager", name="Ready"):
    """A container that was healthy once.

    Inputs: endpoint, container (its name), healthTimeout (seconds).
    """

    def __init__(
        self, name: str, props: pulumi.Inputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(_ReadyProvider(), name, {**props}, opts)
