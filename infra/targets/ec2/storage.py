"""The users' data: a disk of its own that outlives every host, and its daily copies."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.ec2_config import Ec2Config
from infra.steps.growing_size import GrowingSize, GrowingSizeArgs
from infra.targets.ec2.identity import assumed_by

COPY_TIME = "02:30"
TAG = "Data"


@dataclass(frozen=True, kw_only=True)
class StorageArgs:
    """The volume that `ec2` describes, in the `zone` of the host."""

    ec2: Ec2Config
    zone: pulumi.Input[str]


class Storage(pulumi.ComponentResource):
    """An encrypted volume with daily snapshots."""

    volume_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: StorageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:aws:Storage", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        size = GrowingSize(
            f"{name}-data-size",
            GrowingSizeArgs(setting=f"{pulumi.get_project()}:volumeSize", gib=args.ec2.volume_size),
            child,
        )
        volume = aws.ebs.Volume(
            f"{name}-data",
            availability_zone=args.zone,
            size=size.size,
            type="gp3",
            encrypted=True,
            # A person who takes the protection off and deletes it still has this copy.
            final_snapshot=True,
            tags={"Name": f"{name}-data", TAG: name},
            opts=child.merge(
                pulumi.ResourceOptions(
                    protect=args.ec2.protect,
                    # The last copy has to be whole first, which takes longer than the provider's
                    # usual 10 minutes.
                    custom_timeouts=pulumi.CustomTimeouts(delete="3h"),
                )
            ),
        )
        _copies(name, args.ec2.snapshot_days, child)
        self.volume_id = volume.id
        self.register_outputs({"volume_id": self.volume_id})


def _copies(name: str, days: int, child: pulumi.ResourceOptions) -> None:
    role = aws.iam.Role(
        f"{name}-snapshots", assume_role_policy=assumed_by("dlm.amazonaws.com"), opts=child
    )
    right = aws.iam.RolePolicyAttachment(
        f"{name}-snapshots-right",
        role=role.name,
        policy_arn="arn:aws:iam::aws:policy/service-role/AWSDataLifecycleManagerServiceRole",
        opts=child,
    )
    aws.dlm.LifecyclePolicy(
        f"{name}-snapshots",
        description=f"Daily copies of the data of {name}",
        execution_role_arn=role.arn,
        state="ENABLED",
        policy_details={
            "resource_types": ["VOLUME"],
            "target_tags": {TAG: name},
            "schedules": [
                {
                    "name": "daily",
                    "create_rule": {"interval": 24, "interval_unit": "HOURS", "times": COPY_TIME},
                    "retain_rule": {"count": days},
                    "copy_tags": True,
                }
            ],
        },
        # AWS checks the policy against the role's rights.
        opts=child.merge(pulumi.ResourceOptions(depends_on=[right])),
    )
