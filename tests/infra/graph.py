"""The whole program, run against a monitor that records what it asks the engine for.

Nothing is created: the engine's side is played here, and the Docker Engine is stubbed at the one
seam through which infra reaches it, `engine.connect`. A run leaves nothing behind: it has its own
context variables, its own copies of infra's modules and its own environment.
"""

import contextvars
import importlib
import json
import os
import runpy
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi
import yaml
from google.protobuf import json_format
from pulumi.runtime import mocks, rpc, set_all_config, set_mocks
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import Stack, run_pulumi_func
from pulumi.runtime.sync_await import _sync_await

from tests.infra.fakes import FakeEngine

ROOT = Path(__file__).resolve().parents[2]
INFRA = ROOT / "infra"
PROJECT = "taskmanager"
DIGEST = "sha256:" + "ab" * 32
IMAGE_ID = "sha256:" + "cd" * 32
# Recognisable, so that a test can look for them where they must not be.
PASSWORD = "password-0123456789abcdef"
SECRET_KEY = "signing-key-0123456789abcdef0123456789abcdef"
SECRET_VALUES = (PASSWORD, SECRET_KEY)
HOST_KEY = "private-half-of-the-host-key"
TOKEN = "registry-token-0123456789abcdef"
# What AWS would say; addresses are those that documentation may use.
LOOKUPS: dict[str, dict[str, Any]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": {
        "names": ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    },
    "aws:ssm/getParameter:getParameter": {"insecureValue": "ami-0123456789abcdef0"},
}
ENVIRONMENT = ("DOCKER_HOST", "DOCKER_CONTEXT", "PULUMI_CONFIG", "GITHUB_TOKEN")


@dataclass(frozen=True)
class Secret:
    """A value that the program marked as secret."""

    value: Any


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
        return _clear(self.marked)

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
        """The URN of what takes it along when it is deleted; empty for nothing."""
        return self.request.deletedWith

    @property
    def replaced_with(self) -> list[str]:
        """The URNs of what it is replaced together with."""
        return list(self.request.replace_with)

    @property
    def envs(self) -> dict[str, str]:
        return dict(entry.split("=", 1) for entry in self.inputs.get("envs", []))


@dataclass
class Graph:
    """What one run of the program registered and exported."""

    nodes: list[Node] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)
    engine: FakeEngine = field(default_factory=FakeEngine)
    imported: frozenset[str] = frozenset()

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
        by_urn = {each.urn: each for each in self.nodes}
        reached: dict[str, Node] = {}
        waiting = [node]
        while waiting:
            current = waiting.pop()
            for urn in current.depends_on:
                # Waiting for a component is waiting for what is in it.
                for each in [by_urn[urn], *(n for n in self.nodes if n.parent == urn)]:
                    if each.urn not in reached:
                        reached[each.urn] = each
                        waiting.append(each)
        return {each.name for each in reached.values()}


def defaults() -> dict[str, str]:
    """What the engine takes from `Pulumi.yaml` for a stack that says nothing else."""
    described = declared()
    given = {key: entry["default"] for key, entry in described.items() if "default" in entry}
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()
    }


def declared() -> dict[str, dict[str, Any]]:
    """The configuration keys of `Pulumi.yaml`."""
    return yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]


def run(
    *,
    stack: str = "local",
    config: Mapping[str, str | None] | None = None,
    engine: FakeEngine | None = None,
    preview: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Graph:
    """Run infra/__main__.py for `stack`.

    `config` goes on top of the defaults of `Pulumi.yaml`, None takes a key away. Raises what the
    program raises, with the graph of what was registered until then as its `graph`.
    """
    graph = Graph(engine=engine or FakeEngine())
    given: dict[str, str | None] = {
        **defaults(),
        "target": "local",
        "databasePassword": PASSWORD,
        "secretKey": SECRET_KEY,
        **(config or {}),
    }
    values = {f"{PROJECT}:{key}": value for key, value in given.items() if value is not None}
    try:
        with _environment(environment or {}), fresh_infra() as before:
            contextvars.copy_context().run(_execute, graph, stack, values, preview)
            graph.imported = frozenset(set(sys.modules) - before)
    except BaseException as error:
        error.graph = graph  # type: ignore[attr-defined]
        raise
    return graph


@contextmanager
def fresh_infra() -> Iterator[set[str]]:
    """Infra's modules imported anew and forgotten afterwards; gives the modules from before."""
    kept = {name: module for name, module in sys.modules.items() if _of_infra(module)}
    for name in kept:
        del sys.modules[name]
    before = set(sys.modules)
    sys.path.insert(0, str(INFRA))
    try:
        yield before
    finally:
        sys.path.remove(str(INFRA))
        for name in [name for name, module in sys.modules.items() if _of_infra(module)]:
            del sys.modules[name]
        sys.modules.update(kept)


def _of_infra(module: Any) -> bool:
    return str(getattr(module, "__file__", "") or "").startswith(f"{INFRA}{os.sep}")


@contextmanager
def _environment(given: Mapping[str, str]) -> Iterator[None]:
    kept = {key: value for key, value in os.environ.items() if key not in ENVIRONMENT}
    with patch.dict(os.environ, {**kept, **given}, clear=True):
        yield


def _execute(graph: Graph, name: str, config: dict[str, str], preview: bool) -> None:
    set_all_config(config, [f"{PROJECT}:databasePassword", f"{PROJECT}:secretKey"])
    set_mocks(_Unused(), project=PROJECT, stack=name, preview=preview, monitor=_Recorder(graph))
    importlib.import_module("engine").connect = graph.engine.connect  # type: ignore[attr-defined]
    _sync_await(run_pulumi_func(lambda: _main(graph)))


async def _main(graph: Graph) -> None:
    runpy.run_path(str(INFRA / "__main__.py"), run_name="__main__")
    root = get_root_resource()
    assert isinstance(root, Stack)
    for key, value in root.outputs.items():
        output = pulumi.Output.from_input(value)
        plain = await output.future()
        graph.exports[key] = Secret(plain) if await output.is_secret() else plain


class _Unused(mocks.Mocks):
    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        raise AssertionError("the recorder answers itself, to keep the secrets' marks")

    def call(self, args: mocks.MockCallArgs) -> tuple[dict, list[tuple[str, str]] | None]:
        assert args.token in LOOKUPS, f"no lookup is expected here, and {args.token} is one"
        return LOOKUPS[args.token], []


class _Recorder(mocks.MockMonitor):
    """Answers with the inputs, marks included, plus what the engine would have computed."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(_Unused())
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
        case "pulumi-python:dynamic/taskmanager:KeyPair":
            return {"private_key": HOST_KEY, "public_key": "ssh-ed25519 AAAAhostkey"}
        case _:
            return {}


def _node(urn: str, request: Any) -> Node:
    return Node(
        urn=urn,
        type=request.type,
        name=request.name,
        marked=_marks(json_format.MessageToDict(request.object)),
        parent=request.parent,
        provider=request.provider,
        depends_on=frozenset(request.dependencies),
        properties={
            key: frozenset(value.urns) for key, value in request.propertyDependencies.items()
        },
        request=request,
    )


def _marks(value: Any) -> Any:
    """Plain data with each secret in a `Secret`; numbers that are whole become int."""
    if isinstance(value, dict):
        if value.get(rpc._special_sig_key) == rpc._special_secret_sig:
            return Secret(_marks(value["value"]))
        return {key: _marks(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_marks(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _clear(value: Any) -> Any:
    if isinstance(value, Secret):
        return _clear(value.value)
    if isinstance(value, dict):
        return {key: _clear(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_clear(each) for each in value]
    return value


def unmarked(value: Any) -> str:
    """Everything in `value` that is not secret, as text to search in."""
    if isinstance(value, Secret):
        return ""
    if isinstance(value, dict):
        return " ".join(f"{key} {unmarked(each)}" for key, each in value.items())
    if isinstance(value, list):
        return " ".join(unmarked(each) for each in value)
    return str(value)
