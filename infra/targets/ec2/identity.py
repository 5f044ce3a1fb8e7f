"""What the host may do in the account: be administered, and report how it is."""

import json

import pulumi
import pulumi_aws as aws

METRICS = "CWAgent"
"""The namespace of the host's own metrics."""


def assumed_by(service: str) -> str:
    """The policy that lets an AWS `service` take a role."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": service},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    )


class Identity(pulumi.ComponentResource):
    """An instance profile with the least that is needed."""

    profile: pulumi.Output[str]

    def __init__(self, name: str, access: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("taskmanager:aws:Identity", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            f"{name}-host", assume_role_policy=assumed_by("ec2.amazonaws.com"), opts=child
        )
        aws.iam.RolePolicy(
            f"{name}-host-metrics", role=role.name, policy=_reports_metrics(), opts=child
        )
        if access == "ssm":
            aws.iam.RolePolicyAttachment(
                f"{name}-host-administration",
                role=role.name,
                policy_arn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
                opts=child,
            )
        self.profile = aws.iam.InstanceProfile(f"{name}-host", role=role.name, opts=child).name
        self.register_outputs({"profile": self.profile})


def _reports_metrics() -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "cloudwatch:PutMetricData",
                    # This action knows no resources.
                    "Resource": "*",
                    "Condition": {"StringEquals": {"cloudwatch:namespace": METRICS}},
                }
            ],
        }
    )
