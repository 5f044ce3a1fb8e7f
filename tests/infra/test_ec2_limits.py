"""No name, description, identifier or password of the program is one that AWS refuses."""

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import MagicMock, patch

import botocore.session
import pytest
from botocore import xform_name
from botocore.model import Shape

from testkit.fake_aws import computing, endpoints, limits, machines
from testkit.fake_aws.account import Account
from testkit.fake_aws.plugin import KINDS
from testkit.recorded.ec2 import VARIANTS, aws, deploy, variant
from testkit.recorded.program import Graph, Node

LONGEST_NAME = "n" + "0" * 31


class Anything:
    """An answer of AWS in which everything that is looked for is there once."""

    def __getitem__(self, _key: object) -> "Anything":
        return self

    def __iter__(self) -> Iterator["Anything"]:
        return iter([self])


class Checked(Account):
    """An account where every call is checked against the model, and nothing is sent."""

    def __init__(self) -> None:
        super().__init__("eu-central-1", {"Project": "taskmanager"}, endpoint="http://127.0.0.1:1")
        self.refused: list[str] = []

    def client(self, service: str) -> Any:
        model: Any = botocore.session.get_session().get_service_model(service)
        client = MagicMock()
        for operation in model.operation_names:
            getattr(client, xform_name(operation)).side_effect = self._check(service, operation)
        return client

    def _check(self, service: str, operation: str) -> Any:
        def call(**values: Any) -> Any:
            self.refused += limits.problems(service, operation, values)
            return Anything()

        return call


@contextmanager
def _nothing_real() -> Iterator[None]:
    with (
        patch.multiple(machines, boot=MagicMock(), make_disk=MagicMock(), attach_disk=MagicMock()),
        patch.multiple(machines, give_address=MagicMock()),
        patch.object(computing, "check_image"),
        patch.multiple(endpoints, serve_database=MagicMock(), serve_cache=MagicMock()),
    ):
        yield


def refusals(graph: Graph) -> list[str]:
    """What AWS refuses of a recorded graph, by the calls that the stand-in makes for it."""
    account = Checked()
    with _nothing_real():
        for node in aws(graph):
            kind = KINDS[node.type]
            kind.create(account, _named(node, kind.autonamed))
    return account.refused


def _named(node: Node, autonamed: str) -> dict[str, Any]:
    """The inputs, with the name that the provider makes where the program gives none."""
    made = {autonamed: f"{node.name}-0a1b2c3"} if autonamed else {}
    return {"description": "Managed by Pulumi", **made, **node.inputs}


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_aws_accepts_every_name_and_description(name: str) -> None:
    assert refusals(variant(name)) == []


def test_aws_accepts_what_the_longest_name_makes() -> None:
    stack, config = VARIANTS["managed"]
    assert (
        refusals(deploy(stack, {**config, "name": LONGEST_NAME, "alarmEmail": "a@b.example"})) == []
    )


def test_an_apostrophe_in_a_rule_is_refused_as_by_ec2() -> None:
    rule = {"UserIdGroupPairs": [{"GroupId": "sg-1", "Description": "the host's containers"}]}
    [problem] = limits.problems(
        "ec2", "AuthorizeSecurityGroupIngress", {"GroupId": "sg-1", "IpPermissions": [rule]}
    )
    assert 'Description is "the host\'s containers"' in problem


@pytest.mark.parametrize("place", sorted(limits.PROSE))
def test_a_limit_in_prose_is_still_what_the_model_says(place: tuple[str, str, str]) -> None:
    service, operation, path = place
    model = botocore.session.get_session().get_service_model(service)
    shape: Any = model.operation_model(operation).input_shape
    for part in re.findall(r"\[\]|[^.\[\]]+", path):
        shape = shape.member if part == "[]" else shape.members[part]
    assert isinstance(shape, Shape)
    plain = html.unescape(re.sub("<[^>]+>", "", shape.documentation)).replace("&;;", "&;")
    assert limits.PROSE[place].sentence in plain
