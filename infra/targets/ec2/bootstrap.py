"""The user data of a new machine: `bootstrap.yaml` with its users and its data volume.

Nothing secret is in it: every principal that may describe the instance reads it.
"""

import json
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("bootstrap.yaml")
USER = "deploy"
DATA_VOLUME = "/etc/taskmanager/data-volume"
"""The file on the host that holds the id of the data volume."""


def cloud_config(deployers: tuple[str, ...], volume_id: str) -> str:
    """`bootstrap.yaml` with the values filled in, as cloud-init reads it."""
    settings: dict[str, Any] = yaml.safe_load(FILE.read_text())
    settings["users"][0]["ssh_authorized_keys"] = list(deployers)
    settings["write_files"].append({"path": DATA_VOLUME, "content": f"{volume_id}\n"})
    # JSON is YAML, and has one way to write a multi-line text.
    return f"#cloud-config\n{json.dumps(settings, indent=1)}\n"
