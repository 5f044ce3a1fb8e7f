"""The host's rights in the account: be administered, report metrics, write logs, keep files."""

import json
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

METRICS = "CWAgent"
"""The namespace of the host's own metrics."""


def assumed_by(service: str) -> str:
    """The policy that lets an AWS `service` take a role."""
    trusted = {"Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return _policy({"Effect": "Allow", **trusted})


@dataclass(frozen=True, kw_only=True)
class IdentityArgs:
    """How the host is administered, the buckets that are its own, and the group of its logs."""

    access: str
    bucket_arns: list[pulumi.Output[str]]
    log_group_arn: pulumi.Output[str]


class Identity(pulumi.ComponentResource):
    """An instance profile with the least that is needed: `rights` are its policies."""

    profile: pulumi.Output[str]
    rights: list[pulumi.Resource]

    def __init__(
        self, name: str, args: IdentityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:aws:Identity", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-host", assume_role_policy=assumed_by("ec2.amazonaws.com"), opts=child
        )
        policies: dict[str, pulumi.Input[str]] = {
            "metrics": _reports_metrics(),
            "logs": args.log_group_arn.apply(_writes_logs),
        }
        if args.access == "ssm":
            policies["sessions"] = _takes_sessions()
        if args.bucket_arns:
            policies["files"] = pulumi.Output.all(*args.bucket_arns).apply(_keeps_files)
        self.rights = [
            aws.iam.RolePolicy(f"{name}-host-{noun}", role=role.name, policy=policy, opts=child)
            for noun, policy in policies.items()
        ]
        self.profile = aws.iam.InstanceProfile(f"{name}-host", role=role.name, opts=child).name
        self.register_outputs({"profile": self.profile})


def _takes_sessions() -> str:
    # In place of AmazonSSMManagedInstanceCore, with which the host, and every container that may
    # ask for its rights, reads each parameter of the account. These actions know no resources.
    return _policy(
        _allowed(
            "ssm:UpdateInstanceInformation",
            "ssmmessages:CreateControlChannel",
            "ssmmessages:CreateDataChannel",
            "ssmmessages:OpenControlChannel",
            "ssmmessages:OpenDataChannel",
            on="*",
        )
    )


def _reports_metrics() -> str:
    # This action knows no resources.
    statement = _allowed("cloudwatch:PutMetricData", on="*")
    return _policy({**statement, "Condition": {"StringEquals": {"cloudwatch:namespace": METRICS}}})


def _writes_logs(group_arn: str) -> str:
    # Not CreateLogGroup: the group is the stack's, with its retention.
    streams = f"{group_arn}:log-stream:*"
    return _policy(_allowed("logs:CreateLogStream", "logs:PutLogEvents", on=[streams]))


def _keeps_files(bucket_arns: list[str]) -> str:
    # Not DeleteObjectVersion: a deleted object can be restored for a while.
    return _policy(
        _allowed(
            *("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
            on=[f"{arn}/*" for arn in bucket_arns],
        ),
        # Without it S3 answers 403 for a missing object, not 404.
        _allowed("s3:ListBucket", on=bucket_arns),
    )


def _allowed(*actions: str, on: str | list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on}


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
