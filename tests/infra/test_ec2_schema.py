"""The stand-in for AWS behaves as the provider's schema says, and the schema is the provider's."""

import inspect
import re
from importlib import import_module
from typing import Any

import pulumi_aws
import pytest

from testkit.fake_aws.kinds import schemas
from testkit.fake_aws.plugin import KINDS
from testkit.recorded.ec2 import VARIANTS, aws, deploy, variant


def resource(token: str) -> Any:
    """The class of a resource type: `aws:ec2/vpc:Vpc` is pulumi_aws.ec2.Vpc."""
    module, _, name = token.removeprefix("aws:").partition("/")
    return getattr(import_module(f"pulumi_aws.{module}"), name.partition(":")[2])


def arguments(token: str) -> Any:
    """The class of its arguments."""
    made = resource(token)
    module = inspect.getmodule(made)
    # The shorter name is an input type's where there is one of that name.
    initial = getattr(module, f"{made.__name__}InitArgs", None)
    return initial or getattr(module, f"{made.__name__}Args")


def snake(key: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in key)


def schedule(**settings: Any) -> dict[str, Any]:
    return {"policyDetails": {"schedules": [{"name": "daily", "copyTags": True, **settings}]}}


def root(**settings: Any) -> dict[str, Any]:
    return {"rootBlockDevice": {"encrypted": True, "volumeSize": 20, **settings}}


REPLACES = re.compile(r"[Ff]orces? (?:a |the )?(?:new|recreation|re-creation)|will force")
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
COPIES = "aws:dlm/lifecyclePolicy:LifecyclePolicy"
MACHINE = "aws:ec2/instance:Instance"
BEFORE: dict[str, dict[str, Any]] = {
    CACHE: {"engine": "redis", "engineVersion": "7.1"},
    COPIES: schedule(),
    MACHINE: {"instanceType": "t4g.small", "userData": "a", **root()},
}


def test_every_type_of_the_program_has_a_schema_and_is_played() -> None:
    used = {node.type for name in VARIANTS for node in aws(variant(name))}
    used |= {n.type for n in aws(deploy("prod", {"zoneId": "Z0123456789ABC"}))}
    used |= {n.type for n in aws(deploy("dev", {"alarmEmail": "on-call@example.com"}))}
    assert used == set(KINDS)
    assert used == set(schemas()), "one of the two has what the program does not use"


def test_the_schema_is_of_the_version_that_is_pinned() -> None:
    assert pulumi_aws.__name__
    assert import_module("importlib.metadata").version("pulumi-aws") == "7.51.1", (
        "compare the new version by python -m dev.aws_schema, then say so here and in schema.yaml"
    )


@pytest.mark.parametrize("token", sorted(schemas()))
def test_inputs_are_those_of_the_package(token: str) -> None:
    schema = schemas()[token]
    parameters = inspect.signature(arguments(token).__init__).parameters
    required = {
        name
        for name, parameter in parameters.items()
        if name not in ("__self__", "self") and parameter.default is inspect.Parameter.empty
    }
    assert {snake(key) for key in schema.required} == required
    named = schema.replaces.union(schema.partly, schema.sometimes, *schema.conflicts)
    assert {snake(key) for key in named} <= set(parameters), "no such input"
    outputs = {name for name in dir(resource(token)) if not name.startswith("_")}
    assert {snake(key) for key in schema.computed} <= outputs


@pytest.mark.parametrize("token", sorted(schemas()))
def test_inputs_that_replace_by_the_packages_own_words_are_in_the_data(token: str) -> None:
    # The sources were read in another version than the one that is pinned.
    schema = schemas()[token]
    properties = inspect.getmembers(arguments(token), lambda member: isinstance(member, property))
    said = {name for name, member in properties if REPLACES.search(member.__doc__ or "")}
    assert said <= {snake(key) for key in schema.replaces | schema.partly | schema.sometimes}


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_the_stand_in_carries_out_every_change_that_is_made_in_place(name: str) -> None:
    # The association's id changes with its table, which an answer to an update cannot say.
    refused = {"aws:ec2/routeTableAssociation:RouteTableAssociation": {"routeTableId"}}
    for node in aws(variant(name)):
        schema, kind = schemas()[node.type], KINDS[node.type]
        in_place = {*node.inputs, *node.properties} - schema.replaces - {"tags"}
        if in_place - refused.get(node.type, set()):
            assert kind.update, f"{node.name}: {sorted(in_place)}"


@pytest.mark.parametrize(
    ("token", "old", "new", "replacing"),
    [
        (CACHE, {"engineVersion": "7.1"}, {"engineVersion": "7.0"}, {"engineVersion"}),
        (CACHE, {"engineVersion": "7.0"}, {"engineVersion": "7.1"}, set()),
        (CACHE, {"engine": "valkey"}, {"engine": "redis"}, {"engine"}),
        (CACHE, {"engine": "redis"}, {"engine": "valkey"}, set()),
        (COPIES, schedule(copyTags=True), schedule(copyTags=False), {"policyDetails"}),
        (COPIES, schedule(name="daily"), schedule(name="nightly"), set()),
        (MACHINE, {"instanceType": "t4g.small"}, {"instanceType": "t4g.large"}, set()),
        (MACHINE, {"instanceType": "t4g.small"}, {"instanceType": "t3.small"}, {"instanceType"}),
        (MACHINE, root(volumeSize=20), root(volumeSize=30), set()),
        (MACHINE, root(encrypted=False), root(encrypted=True), {"rootBlockDevice"}),
        (MACHINE, {"userDataReplaceOnChange": False}, {"userData": "b"}, set()),
        (MACHINE, {"userData": "a"}, {"userDataReplaceOnChange": True}, {"userData"}),
    ],
)
def test_a_change_replaces_by_its_values_as_the_provider_decides(
    token: str, old: dict[str, Any], new: dict[str, Any], replacing: set[str]
) -> None:
    olds = {**BEFORE[token], **old}
    schema, decided = schemas()[token], KINDS[token].replaces(olds, {**olds, **new})
    assert decided == replacing
    assert decided <= schema.partly | schema.sometimes


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_the_program_gives_what_is_required_and_nothing_that_conflicts(name: str) -> None:
    for node in aws(variant(name)):
        given = {**node.inputs, **dict.fromkeys(node.properties, "from another resource")}
        assert schemas()[node.type].problem(given) == "", node.name
        known = set(inspect.signature(arguments(node.type).__init__).parameters)
        assert {snake(key) for key in given} <= known, f"{node.name}: no such input"


def test_a_resource_that_lacks_an_input_is_refused_as_by_the_provider() -> None:
    schema = schemas()["aws:rds/subnetGroup:SubnetGroup"]
    assert schema.problem({}) == "Missing required property 'subnetIds'"
    both = {"subnetIds": [], "name": "a", "namePrefix": "b"}
    assert schema.problem(both) == "'name' conflicts with 'namePrefix'"
