"""The pipeline's roles may do what the stack's resources need, and no more."""

import json
from typing import Any

import pytest

from cli.pipeline import permissions
from cli.pipeline.permissions import Place
from testkit.recorded.ec2 import MANAGED, aws, deploy, settings
from testkit.recorded.program import defaults

ACCOUNT = "123456789012"
LONGEST_INLINE = 10_240
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key"


def place(stack: str = "prod", **config: str) -> Place:
    return Place(
        stack=stack,
        settings={**defaults(), **settings(stack), **config},
        account=ACCOUNT,
        state_bucket=f"taskmanager-state-{ACCOUNT}-eu-central-1",
        state_key=f"{KEY}/state",
        secrets_key=f"{KEY}/{stack}",
    )


def actions(role: str, **config: str) -> set[str]:
    allowed = [s for s in statements(role, **config) if s["Effect"] == "Allow"]
    return {action for statement in allowed for action in statement["Action"]}


def statements(role: str, **config: str) -> list[dict[str, Any]]:
    return permissions.policy(role, place(**config))["Statement"]


@pytest.mark.parametrize(
    ("stack", "config"),
    [
        ("dev", {}),
        ("prod", {}),
        ("prod", {**MANAGED, "zoneId": "Z0123456789ABC", "alarmEmail": "a@example.com"}),
        ("dev", {"storage": "s3"}),
    ],
)
def test_a_policy_is_made_of_the_resources_that_the_program_declares(
    stack: str, config: dict[str, str]
) -> None:
    graph = deploy(stack, config)
    declared = permissions.declared({**defaults(), **settings(stack), **config})
    assert declared == {node.type for node in aws(graph)}


@pytest.mark.parametrize("role", permissions.ROLES)
def test_no_role_may_do_everything(role: str) -> None:
    for statement in statements(role, **MANAGED):
        if statement["Effect"] == "Allow":
            assert "*" not in statement["Action"]
            assert not any(action.endswith(":*") for action in statement["Action"]), statement
    text = json.dumps(permissions.policy(role, place(**MANAGED)), separators=(",", ":"))
    assert len(text) < LONGEST_INLINE, "IAM refuses a longer inline policy"


@pytest.mark.parametrize("role", ["drift", "preview"])
def test_who_only_looks_changes_nothing(role: str) -> None:
    # A lock is the one thing that a look at the state writes.
    changing = (
        "Create",
        "Delete",
        "Put",
        "Modify",
        "Run",
        "TerminateInst",
        "Attach",
        "Pass",
        "Stop",
    )
    found = {a for a in actions(role, **MANAGED) if a.partition(":")[2].startswith(changing)}
    assert found == {"s3:PutObject", "s3:DeleteObject"}
    [writing] = [s for s in statements(role) if "s3:PutObject" in s["Action"]]
    assert [arn.partition("/")[2] for arn in writing["Resource"]] == [
        ".pulumi/locks/*/taskmanager/prod/*"
    ]
    assert "kms:Encrypt" not in actions(role)


def test_a_preview_reaches_no_host_and_drift_only_this_deployments() -> None:
    assert "ssm:StartSession" not in actions("preview")
    [session] = [
        s
        for s in statements("drift")
        if "ssm:StartSession" in s["Action"] and "instance/" in s["Resource"][0]
    ]
    assert session["Condition"] == {
        "StringEquals": {"ssm:resourceTag/Deployment": "taskmanager-prod"}
    }


@pytest.mark.parametrize("role", permissions.ROLES)
def test_no_role_reads_files_beside_its_stacks_state(role: str) -> None:
    [denied] = [s for s in statements(role) if s["Effect"] == "Deny"]
    assert denied["Action"] == "s3:GetObject*"
    assert all("/.pulumi/" in arn for arn in denied["NotResource"])
    keys = [s["Resource"] for s in statements(role) if "kms:Decrypt" in s["Action"]]
    assert keys == [[f"{KEY}/prod"], [f"{KEY}/state"]], "dev's secrets are none of prod's business"


def test_roles_are_passed_to_the_two_services_that_take_them() -> None:
    [passing] = [s for s in statements("deploy") if s["Action"] == ["iam:PassRole"]]
    assert passing["Resource"] == [f"arn:aws:iam::{ACCOUNT}:role/taskmanager-prod-*"]
    assert passing["Condition"]["StringEquals"]["iam:PassedToService"] == [
        "ec2.amazonaws.com",
        "dlm.amazonaws.com",
    ]
