# Docker's classes have no types of their own.
# pyright: reportUnknownMemberType=false
"""Put back missing uploads, in a container of its own: the backup container only reads them."""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

from docker.errors import NotFound

from cli import backups
from cli.deployed import Deployed, variables
from infra.backup_paths import REPOSITORY, SCRIPTS, SECRET_FILE, UPLOADS
from infra.errors import UserError

FILES = (SCRIPTS.lstrip("/"), SECRET_FILE.lstrip("/"))
# The files belong to the service's user, and a new one gets its owner.
CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER"]


def are_restored(deployed: Deployed, to: str) -> bool:
    """Put back those that the database of the time `to` names, or the newest ones for none.

    False when that fails; the reason is printed.
    """
    backup = deployed.running("backup")
    volumes = {mount["Destination"]: mount for mount in backup.attrs["Mounts"]}
    if UPLOADS not in volumes:
        return True
    # The backup container of before 2026-11-27 writes there itself.
    if volumes[UPLOADS]["RW"]:
        return backups.succeeds(deployed, "restore", "uploads", to)
    with _container(deployed, backup, volumes, to) as container:
        return backups.shows(deployed, "start", "--attach", container.name)


@contextmanager
def _container(
    deployed: Deployed, backup: Any, volumes: dict[str, dict[str, Any]], to: str
) -> Generator[Any]:
    name = f"{deployed.prefix}-uploads-restore"
    # A restore that was killed leaves its container behind.
    with suppress(NotFound):
        deployed.client.containers.get(name).remove(force=True)
    container = deployed.client.containers.create(
        backup.attrs["Image"],
        [f"{SCRIPTS}/restore.sh", "uploads", to],
        name=name,
        entrypoint=["bash"],
        user="root",
        environment={**variables(backup), "RESTIC_CACHE_DIR": "/tmp/cache"},  # noqa: S108 - of its own
        # A bucket is reached from where the backups are made.
        network_mode=f"container:{backup.id}",
        volumes={
            volumes[UPLOADS]["Name"]: {"bind": UPLOADS, "mode": "rw"},
            volumes[REPOSITORY]["Name"]: {"bind": REPOSITORY, "mode": "ro"},
        },
        cap_drop=["ALL"],
        cap_add=CAPABILITIES,
        security_opt=["no-new-privileges"],
    )
    try:
        container.put_archive("/", _files(backup))
        yield container
    finally:
        container.remove(force=True)


def _files(backup: Any) -> bytes:
    """The scripts and the secret of the container that makes backups, as a tar archive."""
    words = ["tar", "-cf", "-", "-C", "/", *FILES]
    result = backup.exec_run(words, stderr=False)
    if result.exit_code != 0:
        raise UserError(f"{backup.name} does not give its scripts: tar exited {result.exit_code}")
    return result.output
