"""The user data of a new machine: `bootstrap.yaml` with its key, its users and its data volume.

Nothing secret is in it but the host's own key: only processes on the host can read it.
"""

import json
from pathlib import Path
from typing import Any

import pulumi
import yaml

from infra.ec2_config import Ec2Config
from infra.steps.key_pair import KeyPair

FILE = Path(__file__).with_name("bootstrap.yaml")
USER = "deploy"


def user_data(
    ec2: Ec2Config, host_key: KeyPair, volume_id: pulumi.Input[str]
) -> pulumi.Output[str]:
    """The cloud-init configuration of the machine; a secret, for the host's key."""
    return pulumi.Output.secret(
        pulumi.Output.all(host_key.private_key, host_key.public_key, volume_id).apply(
            lambda known: cloud_config(ec2.ssh_public_keys, *known)
        )
    )


def cloud_config(
    deployers: tuple[str, ...], private_key: str, public_key: str, volume_id: str
) -> str:
    """`bootstrap.yaml` with the values filled in, as cloud-init reads it."""
    settings: dict[str, Any] = yaml.safe_load(FILE.read_text())
    settings["users"][0]["ssh_authorized_keys"] = list(deployers)
    settings["ssh_keys"] = {"ed25519_private": private_key, "ed25519_public": public_key}
    settings["write_files"].append(
        {"path": "/etc/taskmanager/data-volume", "content": f"{volume_id}\n"}
    )
    # JSON is YAML, and has one way to write a multi-line text.
    return f"#cloud-config\n{json.dumps(settings, indent=1)}\n"
