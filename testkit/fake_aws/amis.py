"""The machine images that EC2 knows in a rehearsal, each with its architecture."""

import json
from pathlib import Path
from typing import Any

from moto.utilities.utils import load_resource

NEWEST = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"
PARAMETERS = "ssm/resources/ami-amazon-linux-latest/eu-central-1.json"
NEXT = "ami-0fedcba9876543210"
"""One that is asked for by its id."""


def write(file: Path) -> Path:
    """Write the list that moto begins with; gives the file."""
    newest = {
        parameter["Value"]: parameter["Name"].removeprefix(NEWEST)
        for parameter in load_resource(PARAMETERS)
        if parameter["Name"].startswith(NEWEST)
    }
    file.write_text(json.dumps([_image(*item) for item in {**newest, NEXT: "x86_64"}.items()]))
    return file


def _image(ami: str, architecture: str) -> dict[str, Any]:
    return {
        "ami_id": ami,
        "name": f"al2023-{ami}",
        "description": "Amazon Linux 2023",
        "architecture": architecture,
        "owner_id": "137112412989",
        "public": True,
        "state": "available",
        "image_type": "machine",
        "image_location": "amazon/al2023",
        "virtualization_type": "hvm",
        "hypervisor": "xen",
        "platform": None,
        "root_device_type": "ebs",
        "root_device_name": "/dev/xvda",
        "sriov": "simple",
    }
