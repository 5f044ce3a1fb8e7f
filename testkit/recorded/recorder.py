"""A stand-in for Pulumi's engine: it answers the program and records its resources."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import json_format
from pulumi.runtime import mocks
from pulumi.runtime.proto import resource_pb2

from infra import connections
from testkit.recorded.docker_engine import FakeEngine
from testkit.recorded.secret_marks import clear, marks

DIGEST = "sha256:" + "ab" * 32
IMAGE_ID = "sha256:" + "cd" * 32
DATABASE_HOST = "database.0a1b2c3.eu-central-1.rds.amazonaws.com"
CACHE_HOST = "master.cache.0a1b2c3.euc1.cache.amazonaws.com"
# Answers of AWS; addresses are from the ranges for documentation.
LOOKUPS: dict[str, dict[str, Any]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": {
        "names": ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    },
    "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": {
        "locations": ["eu-central-1c", "eu-central-1b", "eu-central-1a"]
    },
    "aws:ssm/getParameter:getParameter": {"insecureValue": "ami-0123456789abcdef0"},
    "aws:ec2/getInstances:getInstances": {"ids": []},
    # Nothing was deployed before.
    connections.READ_OUTPUTS: {"outputs": {}},
}


@dataclass(frozen=True, kw_only=True)
class Node:
    """One resource as the program registered it. `parent` and `depends_on` are URNs.

    `marked` holds the inputs with each secret in its mark, `inputs` the same in clear;
    `properties` maps an input to the URNs its value comes from.
    """

    urn: str
    type: str
    name: str
    marked: dict[str, Any]
    parent: str
    provider: str
    depends_on: frozenset[str]
    properties: Mapping[str, frozenset[str]]
    request: resource_pb2.RegisterResourceRequest

    @property
    def inputs(self) -> dict[str, Any]:
        return clear(self.marked)

    @property
    def delete_before_replace(self) -> bool | None:
        """None when the program leaves it to the provider."""
        if not self.request.deleteBeforeReplaceDefined:
            return None
        return self.request.deleteBeforeReplace

    @property
    def protected(self) -> bool:
        return self.request.protect

    @property
    def dies_with(self) -> str:
        """The URN of the resource with which it is deleted; empty if there is none."""
        return self.request.deletedWith

    @property
    def replaced_with(self) -> list[str]:
        """The URNs of the resources with which it is replaced."""
        return list(self.request.replace_with)

    @property
    def envs(self) -> dict[str, str]:
        return dict(entry.split("=", 1) for entry in self.inputs.get("envs", []))


@dataclass
class Graph:
    """The resources and outputs of one run of the program."""

    nodes: list[Node] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)
    engine: FakeEngine = field(default_factory=FakeEngine)

    def of(self, suffix: str) -> list[Node]:
        """The resources whose type ends in `suffix`, in the order of their names."""
        found = [node for node in self.nodes if node.type.endswith(suffix)]
        return sorted(found, key=lambda node: node.name)

    def named(self, name: str, suffix: str = "") -> Node:
        found = [node for node in self.of(suffix) if node.name == name]
        assert len(found) == 1, f"{len(found)} resources are called {name}, not one"
        return found[0]

    @property
    def containers(self) -> list[Node]:
        return self.of("index/container:Container")

    @property
    def api(self) -> list[Node]:
        return [node for node in self.containers if "-api-" in node.name]

    def needs(self, node: Node) -> set[str]:
        """The names of everything that has to be there before `node`, at any distance."""
        by_urn = {node.urn: node for node in self.nodes}
        reached: dict[str, Node] = {}
        waiting = [node]
        while waiting:
            current = waiting.pop()
            for urn in current.depends_on:
                # To depend on a component means to depend on its children.
                for needed in [by_urn[urn], *(n for n in self.nodes if n.parent == urn)]:
                    if needed.urn not in reached:
                        reached[needed.urn] = needed
                        waiting.append(needed)
        return {node.name for node in reached.values()}


class Unused(mocks.Mocks):
    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        raise AssertionError("the recorder answers itself, to keep the secrets' marks")

    def call(self, args: mocks.MockCallArgs) -> tuple[dict, list[tuple[str, str]] | None]:
        assert args.token in LOOKUPS, f"no lookup is expected here, and {args.token} is one"
        return LOOKUPS[args.token], []


class Recorder(mocks.MockMonitor):
    """Returns the inputs, with their secret marks, and the outputs of a real provider."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(Unused())
        self._graph = graph

    def RegisterResource(self, request: Any) -> Any:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        kept = resource_pb2.RegisterResourceRequest()
        kept.CopyFrom(request)
        self._graph.nodes.append(_node(urn, kept))
        answer = resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)
        if request.custom:
            answer.id = f"{request.name}-id"
            for key, value in _computed(request).items():
                answer.object[key] = value
        return answer


def _computed(request: Any) -> dict[str, str]:
    given = request.object
    match request.type:
        case "docker:index/container:Container":
            # A Struct, which has no `get`.
            name = given["name"] if "name" in given else f"{request.name}-0a1b2c3"  # noqa: SIM401
            return {"name": name}
        case "docker:index/image:Image":
            repository = str(given["imageName"]).rpartition(":")[0]
            return {"repoDigest": f"{repository}@{DIGEST}"}
        case "docker:index/remoteImage:RemoteImage":
            return {"imageId": IMAGE_ID}
        case "aws:ec2/eip:Eip":
            return {"publicIp": "203.0.113.10", "allocationId": "eipalloc-0123456789abcdef0"}
        case "aws:s3/bucket:Bucket":
            made = f"{request.name}-0a1b2c3"
            return {"bucket": made, "arn": f"arn:aws:s3:::{made}"}
        case "aws:sns/topic:Topic":
            return {"arn": f"arn:aws:sns:eu-central-1:123456789012:{request.name}-0a1b2c3"}
        case "aws:rds/parameterGroup:ParameterGroup" | "aws:rds/subnetGroup:SubnetGroup":
            return {"name": f"{request.name}-0a1b2c3"}
        case "aws:elasticache/subnetGroup:SubnetGroup" | "aws:iam/instanceProfile:InstanceProfile":
            return {"name": request.name}
        case "aws:cloudwatch/logGroup:LogGroup":
            made = f"{request.name}-0a1b2c3"
            arn = f"arn:aws:logs:eu-central-1:123456789012:log-group:{made}"
            return {"name": made, "arn": arn}
        case "aws:iam/role:Role":
            made = f"{request.name}-0a1b2c3"
            return {"name": made, "arn": f"arn:aws:iam::123456789012:role/{made}"}
        case "aws:rds/instance:Instance":
            made = f"{request.name}-0a1b2c3"
            return {"address": DATABASE_HOST, "resourceId": "db-0A1B2C3", "identifier": made}
        case "aws:elasticache/replicationGroup:ReplicationGroup":
            return {"primaryEndpointAddress": CACHE_HOST}
        case "pulumi-python:dynamic/taskmanager:GrowingSize":
            return {"size": given["gib"]}
        case _:
            return {}


def _node(urn: str, request: Any) -> Node:
    return Node(
        urn=urn,
        type=request.type,
        name=request.name,
        marked=marks(json_format.MessageToDict(request.object)),
        parent=request.parent,
        provider=request.provider,
        depends_on=frozenset(request.dependencies),
        properties={
            key: frozenset(value.urns) for key, value in request.propertyDependencies.items()
        },
        request=request,
    )
