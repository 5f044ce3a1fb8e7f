"""Remove a deployment: `python -m cli.down STACK [--purge]`."""

import sys

import docker

from cli import recovery, ssh_config
from cli.stack import Stack
from infra.errors import UserError

DATA = ("postgres-data", "redis-data", "uploads", "backups", "releases")
"""The volumes that outlive a deployment, without its prefix."""


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


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], "--purge" in sys.argv[2:]))
    except UserError as error:
        sys.exit(str(error))
