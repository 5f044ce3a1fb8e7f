"""A stack on AWS that exists: a newer program replaces nothing of it unasked.

`states/aws_before_2026_11_26.json` holds the inputs of every AWS resource as the code of 2026-11-25
registered them, by the variant and by `name|type`.
"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.ec2_config import NEW_SETUP
from testkit.fake_aws.kinds import schemas
from testkit.fake_aws.plugin import KINDS
from testkit.recorded import recorder
from testkit.recorded.ec2 import PUBLIC_KEY, VARIANTS, aws, deploy, instance
from testkit.recorded.program import Graph, unmarked

EARLIER: dict[str, dict[str, dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "states" / "aws_before_2026_11_26.json").read_text()
)
MACHINE = "taskmanager-{stack}-instance|aws:ec2/instance:Instance"
# That of managed policies which inline ones took the place of.
GONE = {"aws:iam/rolePolicyAttachment:RolePolicyAttachment"}


def running(monkeypatch: pytest.MonkeyPatch, machine: dict[str, Any]) -> None:
    """Let the account have a machine with these inputs."""
    user_data = base64.b64encode(machine["userData"].encode()).decode()
    told = {
        "ami": machine["ami"],
        "instanceType": machine["instanceType"],
        "userDataBase64": user_data,
    }
    instances = "aws:ec2/getInstances:getInstances"
    monkeypatch.setitem(recorder.LOOKUPS, instances, {"ids": ["i-0123456789abcdef0"]})
    monkeypatch.setitem(recorder.LOOKUPS, "aws:ec2/getInstance:getInstance", told)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The machine of the earlier stack `dev`, which runs; its image is no longer the newest."""
    [inputs] = [v for k, v in EARLIER["dev"].items() if k == MACHINE.format(stack="dev")]
    machine = {**inputs, "ami": "ami-00000000000000001"}
    running(monkeypatch, machine)
    return machine


def replacing(kind: str, olds: dict[str, Any], news: dict[str, Any]) -> set[str]:
    """The changed inputs that replace a resource of type `kind`."""
    changed = {key for key in {*olds, *news} if olds.get(key) != news.get(key)}
    return changed & (schemas()[kind].replaces | KINDS[kind].replaces(olds, news))


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_an_upgrade_replaces_and_deletes_nothing(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack, config = VARIANTS[name]
    running(monkeypatch, EARLIER[name][MACHINE.format(stack=stack)])
    now = {f"{node.name}|{node.type}": node.inputs for node in aws(deploy(stack, config))}
    for key, olds in EARLIER[name].items():
        kind = key.partition("|")[2]
        if key not in now:
            assert kind in GONE, f"{key} would be deleted"
            continue
        assert replacing(kind, olds, now[key]) == set(), key


def test_a_machine_keeps_its_image_and_its_user_data(machine: dict[str, Any]) -> None:
    now = instance(deploy("dev"))
    assert now.inputs["ami"] == machine["ami"], "a newer image replaces no machine unasked"
    assert now.inputs["userData"] == machine["userData"], "nor does a newer bootstrap.yaml"
    assert list(now.request.ignoreChanges) == [], "it would hold for replacements too"
    assert "private" in machine["userData"], "an earlier program put a key there"
    assert machine["userData"] not in unmarked(now.marked)


def test_a_new_machine_is_made_from_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    now = instance(deploy("dev")).inputs
    assert now["ami"] == "ami-0123456789abcdef0"
    assert "taskmanager-host-key" in now["userData"]


def test_other_users_are_another_machine(machine: dict[str, Any]) -> None:
    other = PUBLIC_KEY.replace("AAA", "BBB", 1)
    now = instance(deploy("dev", {"sshPublicKeys": other})).inputs
    assert now["ami"] == machine["ami"]
    settings = yaml.safe_load(now["userData"])
    assert settings["users"][0]["ssh_authorized_keys"] == [other]
    assert replacing("aws:ec2/instance:Instance", machine, now) == {"userData"}


def test_another_image_and_another_architecture_are_another_machine(
    machine: dict[str, Any],
) -> None:
    asked = instance(deploy("dev", {"ami": "ami-0fedcba9876543210"})).inputs
    assert asked["ami"] == "ami-0fedcba9876543210"
    assert "ssh_keys" not in yaml.safe_load(asked["userData"]), "the newest set-up, with no key"
    arm = {"architecture": "arm64", "instanceType": "t4g.small"}
    other = instance(deploy("dev", arm)).inputs
    assert other["ami"] == "ami-0123456789abcdef0", "an image of its own"


def test_an_image_that_is_no_longer_asked_for_stays(
    machine: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    running(monkeypatch, {**machine, "ami": "ami-0fedcba9876543210"})
    assert instance(deploy("dev")).inputs["ami"] == "ami-0fedcba9876543210"


def test_replace_host_takes_the_newest_set_up(machine: dict[str, Any]) -> None:
    graph: Graph = deploy("dev", environment={NEW_SETUP: "1"})
    now = instance(graph).inputs
    assert now["ami"] == machine["ami"], "the documentation says so"
    assert now["userData"] != machine["userData"]


@pytest.mark.parametrize("text", ["", "#!/bin/sh\ntrue\n", "#cloud-config\n{}\n", ":\n -\n]"])
def test_user_data_of_another_form_is_replaced(
    text: str, machine: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    running(monkeypatch, {**machine, "userData": text})
    assert instance(deploy("dev")).inputs["userData"].startswith("#cloud-config\n")
