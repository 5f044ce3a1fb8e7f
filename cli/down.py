"""Remove a deployment."""

import docker

from cli import recovery, ssh_config
from cli.stack import Stack

DATA = ("postgres-data", "redis-data", "uploads", "backups", "releases")
"""The volumes that outlive a deployment, without its prefix."""


def losses(stack: Stack, purge: bool) -> str:
    """What `main` removes, for the question before it."""
    if stack.setting("target") == "ec2":
        return "removes its host and everything on AWS that it made, with the data."
    data = "all of its data: database, uploads, backups" if purge else "its data stays"
    return f"removes its containers and network; {data}."


def main(name: str, purge: bool) -> int:
    """Destroy stack `name`; its data volumes stay unless `purge`."""
    stack = Stack(name)
    elsewhere = str(stack.outputs().get("endpoint", "")).startswith("ssh://")
    command = ["pulumi", "destroy", "--stack", name, "--yes", "--skip-preview"]
    recovery.resume(stack)
    if ssh_config.main(name, *command) != 0:
        return 1
    if elsewhere:
        # This machine's volumes may have the same names, and are another stack's.
        print("Removed, with its host.")
        return 0
    client = docker.from_env()
    # By their whole names: what compose keeps for development begins alike.
    names = {f"{stack.prefix()}-{data}" for data in DATA}
    volumes = [volume for volume in client.volumes.list() if volume.name in names]
    if purge:
        for volume in volumes:
            volume.remove()
        print(f"Removed, with its data ({len(volumes)} volumes).")
    elif volumes:
        kept = " ".join(sorted(str(volume.name) for volume in volumes))
        print(
            f"Removed. Its data stays in: {kept}\n  Remove that too: {stack.make('down')} PURGE=1"
        )
    else:
        print("Removed; there is no data.")
    return 0
