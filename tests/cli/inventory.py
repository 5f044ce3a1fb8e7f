"""A state with its resources, and a Docker Engine in memory that has all of them."""

import copy
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from docker.errors import APIError, ImageNotFound

from cli.resource_types import BUILT, CONTAINER, NETWORK, PULLED, VOLUME
from cli.stack import Stack

URN = "urn:pulumi:local::taskmanager::{}::{}"
ROOT = "pulumi:pulumi:Stack"


def resource(kind: str, name: str, identity: str, **more: Any) -> dict[str, Any]:
    outputs = {"name": name, **more.pop("outputs", {})}
    return {"urn": URN.format(kind, name), "type": kind, "id": identity, "outputs": outputs, **more}


def urn(kind: str, name: str) -> str:
    return URN.format(kind, name)


API = urn(CONTAINER, "taskmanager-api-1")
REDIS = urn(CONTAINER, "taskmanager-redis")


def whole() -> list[dict[str, Any]]:
    """The resources of a deployment, all of which Engine() has."""
    switch = {
        "urn": urn("pulumi-python:dynamic/taskmanager:Switch", "taskmanager-switch"),
        "type": "pulumi-python:dynamic/taskmanager:Switch",
        "id": "s",
        "outputs": {},
        "dependencies": [API, REDIS],
        "propertyDependencies": {"targets": [API], "service": []},
    }
    api = resource(CONTAINER, "taskmanager-api-1-1a2b3c4", "c-api", dependencies=[REDIS])
    api["urn"] = API
    built = {"repoDigest": "sha256:built"}
    return [
        resource(ROOT, "root", "", outputs={"containers": ["taskmanager-api-1-1a2b3c4"]}),
        resource(NETWORK, "taskmanager", "n-1"),
        resource(VOLUME, "taskmanager-proxy-state", "taskmanager-proxy-state"),
        resource(PULLED, "redis:8-trixie", "x", outputs={"imageId": "sha256:redis"}),
        resource(BUILT, "ghcr.io/o/n:local", "y", outputs=built),
        resource(CONTAINER, "taskmanager-redis", "c-redis"),
        resource(CONTAINER, "taskmanager-proxy", "c-proxy"),
        api,
        switch,
    ]


@dataclass
class Thing:
    """A container, a network or a volume."""

    id: str
    name: str = ""
    status: str = "running"
    labels: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    did: list[str] = field(default_factory=list)

    def _do(self, what: str) -> None:
        if self.problem:
            raise APIError("409", explanation=self.problem)
        self.did.append(what)

    def start(self) -> None:
        self._do("start")

    def unpause(self) -> None:
        self._do("unpause")

    def remove(self, force: bool = False) -> None:
        self._do("remove by force" if force else "remove")


class Engine:
    """An engine with what `whole` says."""

    def __init__(self) -> None:
        names = ("taskmanager-redis", "taskmanager-proxy", "taskmanager-api-1-1a2b3c4")
        kinds = ("c-redis", "c-proxy", "c-api")
        self.things = {kind: Thing(kind, name) for kind, name in zip(kinds, names, strict=True)}
        self.nets = [Thing("n-1", "taskmanager"), Thing("n-9", "bridge")]
        self.vols = [Thing("taskmanager-proxy-state", "taskmanager-proxy-state")]
        self.has_images = {"sha256:redis", "sha256:built"}
        self.tags: list[str] = []
        self.containers = SimpleNamespace(list=self._list, get=self.things.__getitem__)
        self.networks = SimpleNamespace(
            list=lambda names=(): [net for net in self.nets if not names or net.name in names]
        )
        self.volumes = SimpleNamespace(list=lambda: self.vols)
        self.images = SimpleNamespace(
            get=self._image,
            list=lambda: [SimpleNamespace(tags=self.tags)],
            remove=lambda tag: self.tags.remove(tag),
        )

    def _list(self, **options: Any) -> list[Thing]:
        label = options.get("filters", {}).get("label")
        return [thing for thing in self.things.values() if not label or label in thing.labels]

    def _image(self, name: str) -> str:
        if name not in self.has_images:
            raise ImageNotFound(name)
        return name


class Kept(Stack):
    """A stack whose state is at hand."""

    kept: dict[str, Any]
    written: list[dict[str, Any]]

    def state(self) -> dict[str, Any]:
        return copy.deepcopy(self.kept)

    def replace_state(self, state: dict[str, Any]) -> None:
        self.written.append(state)

    def setting(self, key: str) -> str:
        settings = {"target": "local", "name": "taskmanager", "port": "8080"}
        return {**settings, "repository": "ghcr.io/o/n"}[key]

    def outputs(self) -> dict[str, Any]:
        return {"containers": ["taskmanager-api-1-1a2b3c4"]}


def left(stack: Kept) -> list[dict[str, Any]]:
    return stack.written[-1]["deployment"]["resources"]
