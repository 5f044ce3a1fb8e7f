"""Run a script that lies in a container, once for every container."""

from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from infra.steps import containers


class _ScriptProvider(ResourceProvider):
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=_olds["container"] != _news["container"])

    def create(self, props: dict[str, Any]) -> CreateResult:
        _run(props)
        return CreateResult(id_=props["container"], outs=props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        _run(_news)
        return UpdateResult(outs=_news)


def _run(props: dict[str, Any]) -> None:
    with containers.connect(props["endpoint"]) as client:
        containers.execute(client.containers.get(props["container"]), props["command"])


class Script(Resource, module="taskmanager", name="Script"):
    """`command` in the running container `container`; run again when that is another one.

    Inputs: endpoint, container (id), command (list).
    """

    container: pulumi.Output[str]

    def __init__(
        self, name: str, props: pulumi.Inputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(_ScriptProvider(), name, {**props}, opts)
