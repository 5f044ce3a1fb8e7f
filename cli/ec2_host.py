# The AWS SDK has no types of its own.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The EC2 machine of a stack as EC2 itself tells it: running, hanging, or gone.

A volume's attachment is deleted by stopping its machine first. The provider asks for that without
force, waits ten minutes, and knows no machine that is gone: both are settled here beforehand.
"""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from cli.stack import Stack, resources
from infra.errors import UserError

INSTANCE = "aws:ec2/instance:Instance"
GONE = ("terminated", "shutting-down")
STOP_SECONDS, POLL_SECONDS = 900, 5


@dataclass(frozen=True, kw_only=True)
class Machine:
    """An EC2 instance in a state: its URN, ids, and the region that it is in."""

    urn: str
    id: str
    ami: str
    region: str

    def gone(self) -> bool:
        """Whether EC2 has terminated it, or knows it no more."""
        return self.state() in GONE

    def state(self) -> str:
        """Its state as EC2 names it; `terminated` also for one that is forgotten."""
        with _explained(self.region):
            try:
                found = self._ec2().describe_instances(InstanceIds=[self.id])["Reservations"]
            except ClientError as error:
                if error.response["Error"]["Code"] != "InvalidInstanceID.NotFound":
                    raise
                return "terminated"
        return str(found[0]["Instances"][0]["State"]["Name"]) if found else "terminated"

    def stop_by_force(self) -> None:
        """Switch it off whatever it does, and wait until it is.

        Raises UserError when EC2 does not get it to stop.
        """
        if self.state() == "stopped":
            return
        print(f"Stopping {self.id} by force; it does not answer.", flush=True)
        with _explained(self.region):
            ec2 = self._ec2()
            ec2.stop_instances(InstanceIds=[self.id], Force=True)
            attempts = {"Delay": POLL_SECONDS, "MaxAttempts": STOP_SECONDS // POLL_SECONDS}
            try:
                ec2.get_waiter("instance_stopped").wait(
                    InstanceIds=[self.id], WaiterConfig=attempts
                )
            except WaiterError:
                raise UserError(
                    f"{self.id} does not stop, also not by force, within {STOP_SECONDS} s. "
                    f"Fix: aws ec2 terminate-instances --region {self.region} --instance-ids "
                    f"{self.id}, then the same command again. The data volume stays."
                ) from None

    def image_is_there(self, ami: str) -> bool:
        """Whether `ami` can still be started: its owner may have withdrawn it."""
        with _explained(self.region):
            try:
                return bool(self._ec2().describe_images(ImageIds=[ami])["Images"])
            except ClientError as error:
                if "InvalidAMIID" in error.response["Error"]["Code"]:
                    return False
                raise

    def _ec2(self) -> Any:
        return boto3.client("ec2", region_name=self.region)


def find(stack: Stack, exported: dict[str, Any]) -> Machine | None:
    """The machine in an exported state; None if there is none."""
    for resource in resources(exported):
        if resource["type"] == INSTANCE:
            ami = str(resource.get("inputs", {}).get("ami", ""))
            region = stack.setting("region")
            return Machine(urn=resource["urn"], id=resource["id"], ami=ami, region=region)
    return None


def forget(stack: Stack, exported: dict[str, Any], machine: Machine) -> None:
    """Take a machine that is gone out of the state, with all that went with it."""
    print(f"{machine.id} is terminated: the state forgets it and its containers.", flush=True)
    stack.replace_state(without_what_dies_with(exported, machine.urn))
    bound = [
        resource["urn"]
        for resource in resources(exported)
        if (resource.get("inputs") or {}).get("instanceId") == machine.id
    ]
    targets = [word for urn in (machine.urn, *bound) for word in ("--target", urn)]
    stack.pulumi("refresh", "--yes", "--skip-preview", *targets)


def without_what_dies_with(exported: dict[str, Any], urn: str) -> dict[str, Any]:
    """The state without what lives on the machine."""
    deployment = exported["deployment"]
    kept = [resource for resource in deployment["resources"] if resource.get("deletedWith") != urn]
    return {**exported, "deployment": {**deployment, "resources": kept}}


@contextmanager
def _explained(region: str) -> Generator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as problem:
        raise UserError(
            f"EC2 in {region} does not answer about the host: {problem}\n  Fix: log in "
            "(aws configure sso, or AWS_PROFILE=…) as a user who may use EC2, then the "
            "same command again"
        ) from None
