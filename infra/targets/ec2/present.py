"""The machine that a stack has: another version of the program is no reason for another machine.

Its image and its user data are given to it again, unless the configuration asks for others.
Pulumi's ignore_changes would not do: it holds for replacements too, also by another architecture.
"""

import base64
import os
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import yaml

from infra.ec2_config import NEW_SETUP, Ec2Config
from infra.ec2_conflicts import GRAVITON
from infra.targets.ec2 import tags
from infra.targets.ec2.bootstrap import DATA_VOLUME

STATES = ["pending", "running", "stopping", "stopped"]


@dataclass(frozen=True, kw_only=True)
class Present:
    """A machine as EC2 tells it; its user data may hold a key, which earlier programs put there."""

    image: str
    instance_type: str
    user_data: str

    def fits(self, ec2: Ec2Config) -> bool:
        """Whether the configuration asks for no machine of another image."""
        graviton = bool(GRAVITON.fullmatch(self.instance_type))
        return graviton == (ec2.architecture == "arm64") and ec2.ami in ("", self.image)

    def serves(self, deployers: tuple[str, ...], volume_id: str) -> bool:
        """Whether these users may log in, no others, and the data volume is this one.

        Nothing can tell the machine later: set-up runs once.
        """
        if os.environ.get(NEW_SETUP):
            return False
        try:
            settings = yaml.safe_load(self.user_data)
            users = settings["users"][0]["ssh_authorized_keys"]
            [volume] = [
                file["content"].strip()
                for file in settings["write_files"]
                if file["path"] == DATA_VOLUME
            ]
        except (yaml.YAMLError, LookupError, TypeError, ValueError):
            return False
        return (tuple(users), volume) == (deployers, volume_id)


def machine(name: str, parent: pulumi.Resource) -> Present | None:
    """The machine called `name` of this stack; None if there is none."""
    options = pulumi.InvokeOptions(parent=parent)
    known_by = {"Name": name, **tags.of_deployment(name)}
    ids = aws.ec2.get_instances(
        instance_tags=known_by, instance_state_names=STATES, opts=options
    ).ids
    if not ids:
        return None
    told = aws.ec2.get_instance(instance_id=ids[0], get_user_data=True, opts=options)
    user_data = base64.b64decode(told.user_data_base64 or "").decode()
    return Present(image=told.ami, instance_type=told.instance_type, user_data=user_data)
