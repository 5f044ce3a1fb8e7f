"""What the host may do in the account: be administered, report how it is, keep users' files."""

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
    """How the host is administered, and the buckets that are its own."""

    access: str
    bucket_arns: list[pulumi.Output[str]]


class Identity(pulumi.ComponentResource):
    """An instance profile with the least that is needed."""

    profile: pulumi.Output[str]

    def __init__(
        self, name: str, args: IdentityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:aws:Identity", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-host", assume_role_policy=assumed_by("ec2.amazonaws.com"), opts=child
        )
        aws.iam.RolePolicy(
            f"{name}-host-metrics", role=role.name, policy=_reports_metrics(), opts=child
        )
        if args.access == "ssm":
            aws.iam.RolePolicyAttachment(
                f"{name}-host-administration",
                role=role.name,
                policy_arn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
                opts=child,
            )
        if args.bucket_arns:
            aws.iam.RolePolicy(
                f"{name}-host-files",
                role=role.name,
                policy=pulumi.Output.all(*args.bucket_arns).apply(_keeps_files),
                opts=child,
            )
        self.profile = aws.iam.InstanceProfile(f"{name}-host", role=role.name, opts=child).name
        self.register_outputs({"profile": self.profile})


def _reports_metrics() -> str:
    # This action knows no resources.
    statement = _allowed("cloudwatch:PutMetricData", on="*")
    return _policy({**statement, "Condition": {"StringEquals": {"cloudwatch:namespace": METRICS}}})


def _keeps_files(bucket_arns: list[str]) -> str:
    # Not DeleteObjectVersion: what is deleted, by whomever, can be had back for a while.
    return _policy(
        _allowed(
            *("s3:GetObject", "s3:PutObject", "s3:DeleteObject"),
            on=[f"{arn}/*" for arn in bucket_arns],
        ),
        # Without it what is missing looks forbidden.
        _allowed("s3:ListBucket", on=bucket_arns),
    )


def _allowed(*actions: str, on: str | list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on}


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
