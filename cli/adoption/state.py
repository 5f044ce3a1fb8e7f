# Docker's classes have no types of their own.
# pyright: reportUnknownMemberType=false
"""A state of Pulumi, written from a preview and from the parts that are on Docker Engine."""

import json
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, cast

from cli.adoption import running
from cli.adoption.running import Running
from cli.progress import name_of
from cli.resource_types import CONTAINER, NETWORK, VOLUME
from cli.special_values import SECRET, UNKNOWN
from cli.stack import STACK, Resource
from cli.state_edit import forget
from infra import connections, docker_engine

SCHEMAS = {CONTAINER: "2", NETWORK: "1", VOLUME: "1"}
"""The versions of the provider's schemas that the properties here are of (pulumi-docker 5.2)."""
UNREAD: dict[str, Any] = {"attach": False, "logs": False, "wait": False, "envs": []}
"""Properties that the provider writes when it makes a container, and does not read again."""
PROVIDER = "pulumi:providers:docker"
KEPT = (
    "urn", "custom", "type", "inputs", "parent", "dependencies", "propertyDependencies", "provider",
    "retainOnDelete", "replaceOnChanges",
)  # fmt: skip
"""The keys of a resource in a preview that a state has too."""


def rebuilt(steps: list[dict[str, Any]], found: Running) -> list[Resource]:
    """The resources of a state in which what runs was made by this clone.

    `steps` are those of a preview of an empty stack.
    """
    planned = [step["newState"] for step in steps if "newState" in step]
    there = [resource for plan in planned for resource in _there(plan, found)]
    ancestors = _ancestors(there, {plan["urn"]: plan for plan in planned})
    provider = str(uuid.uuid4())
    resources = [*_frame(planned, ancestors, provider, found), *there]
    absent = {plan["urn"] for plan in planned} - {resource["urn"] for resource in resources}
    for resource in there:
        resource["provider"] = resource["provider"].replace(UNKNOWN, provider)
        forget(resource, absent)
    return resources


def _there(plan: Resource, found: Running) -> Iterator[Resource]:
    """The resource of `plan` as Docker Engine has it; none if it has not."""
    name = name_of(plan["urn"])
    if plan["type"] == CONTAINER:
        if container := found.containers.get(name):
            yield _container(plan, container, found)
        for container in (left for resource, left in found.left if resource == name):
            # The next deployment removes it.
            yield {**_container(plan, container, found), "delete": True}
    elif plan["type"] == NETWORK:
        networks: list[Any] = found.client.networks.list(names=[found.name])
        for network in networks:
            if network.name == found.name:
                yield _resource(plan, network.id, plan["inputs"])
    elif plan["type"] == VOLUME:
        volumes: list[Any] = found.client.volumes.list()
        if any(volume.name == name for volume in volumes):
            yield _resource(plan, name, plan["inputs"])


def _container(plan: Resource, container: Any, found: Running) -> Resource:
    """A container: the settings of the program, but for those that a release may have changed."""
    settings = container.attrs["Config"]
    inputs = {key: value for key, value in plan["inputs"].items() if UNKNOWN not in str(value)}
    inputs |= {"name": container.name, "image": settings["Image"]}
    if envs := running.environment(container, found.client):
        inputs["envs"] = envs
    labels = running.labels(container, found.client)
    inputs["labels"] = [{"label": label, "value": value} for label, value in labels.items()]
    for key, setting in (("command", "Cmd"), ("entrypoints", "Entrypoint")):
        if key in inputs:
            inputs[key] = settings[setting]
    if "uploads" in inputs:
        texts = running.files(container, name_of(plan["urn"]))
        inputs["uploads"] = _secret(
            [{"file": path, "content": text} for path, text in texts.items()]
        )
    return _resource(plan, container.id, inputs)


def _secret(value: Any) -> dict[str, Any]:
    return {**SECRET, "plaintext": json.dumps(value)}


def _resource(plan: Resource, identity: str, inputs: dict[str, Any]) -> Resource:
    outputs: dict[str, Any] = _without_defaults(inputs)
    outputs["id"] = identity
    outputs["__meta"] = json.dumps({"schema_version": SCHEMAS[plan["type"]]})
    if plan["type"] == CONTAINER:
        outputs = {**UNREAD, **outputs}
    return {**_state_of(plan), "id": identity, "inputs": inputs, "outputs": outputs}


def _without_defaults(value: Any) -> Any:
    """`value` without Pulumi's note of the properties that the program left to the provider."""
    if isinstance(value, dict):
        texts = cast(dict[str, Any], value).items()
        return {key: _without_defaults(inner) for key, inner in texts if key != "__defaults"}
    if isinstance(value, list):
        return [_without_defaults(inner) for inner in cast(list[Any], value)]
    return value


def _state_of(plan: Resource) -> Resource:
    return {key: plan[key] for key in KEPT if key in plan}


def _ancestors(there: list[Resource], planned: Mapping[str, Resource]) -> set[str]:
    urns: set[str] = set()
    for resource in there:
        urn = resource.get("parent")
        while urn and urn not in urns:
            urns.add(urn)
            urn = planned[urn].get("parent")
    return urns


def _frame(
    planned: list[Resource], ancestors: set[str], provider: str, found: Running
) -> Iterator[Resource]:
    """The stack, the provider, and the components that the parts belong to."""
    for plan in planned:
        if plan["type"] == STACK:
            yield {**_state_of(plan), "outputs": _outputs(found)}
        elif plan["type"] == PROVIDER:
            inputs = plan["inputs"]
            outputs = {key: value for key, value in inputs.items() if key != "__internal"}
            yield {**_state_of(plan), "id": provider, "outputs": outputs}
        elif plan["urn"] in ancestors:
            yield {**_state_of(plan), "outputs": {}}


def _outputs(found: Running) -> dict[str, Any]:
    """Of the stack, as the program exports them."""
    shown = found.settings()
    address = f"[{shown['bindAddress']}]" if ":" in shown["bindAddress"] else shown["bindAddress"]
    return {
        "url": f"http://{address}:{shown['port']}",
        "endpoint": docker_engine.endpoint(),
        "containers": found.serving,
        connections.OUTPUT: found.connections,
    }
