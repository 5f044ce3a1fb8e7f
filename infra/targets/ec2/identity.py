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
    """How the host is administered, and the bucket of users' files if there is one."""

    access: str
    bucket_arn: pulumi.Output[str] | None


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
        if args.bucket_arn is not None:
            aws.iam.RolePolicy(
                f"{name}-host-files",
                role=role.name,
                policy=args.bucket_arn.apply(_keeps_files),
                opts=child,
            )
        self.profile = aws.iam.InstanceProfile(f"{name}-host", role=role.name, opts=child).name
        self.register_outputs({"profile": self.profile})


def _reports_metrics() -> str:
    # This action knows no resources.
    statement = _allowed("cloudwatch:PutMetricData", on="*")
    return _policy({**statement, "Condition": {"StringEquals": {"cloudwatch:namespace": METRICS}}})


def _keeps_files(bucket_arn: str) -> str:
    return _policy(
        _allowed("s3:GetObject", "s3:PutObject", "s3:DeleteObject", on=f"{bucket_arn}/*"),
        # Without it what is missing looks forbidden.
        _allowed("s3:ListBucket", on=bucket_arn),
    )


def _allowed(*actions: str, on: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on}


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
