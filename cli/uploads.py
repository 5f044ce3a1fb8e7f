# Docker's classes have no types of their own.
# pyright: reportUnknownMemberType=false
"""Put back missing uploads, in a container of its own: the backup container only reads them."""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import Any

from docker.errors import NotFound

from cli import backups
from cli.deployed import Deployed
from infra.errors import UserError

PLACE, REPOSITORY = "/uploads", "/var/lib/backups"
FILES = (backups.THERE.lstrip("/"), "run/secrets/backup_secret")
# The files belong to the service's user, and a new one gets its owner.
CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER"]


def restore(deployed: Deployed, to: str) -> None:
    """Put back those that the database of the time `to` names, or the newest ones for none.

    Raises UserError when that fails; the reason is printed.
    """
    backup = deployed.running("backup")
    volumes = {mount["Destination"]: mount for mount in backup.attrs["Mounts"]}
    if PLACE not in volumes:
        return
    # The backup container of before 2026-11-27 writes there itself.
    writes = volumes[PLACE]["RW"]
    if not (
        backups.succeeds(deployed, "restore", "uploads", to)
        if writes
        else _succeeds(deployed, backup, volumes, to)
    ):
        raise UserError("The restore stopped at the step `uploads`, for the reason above.")


def _succeeds(deployed: Deployed, backup: Any, volumes: dict[str, dict[str, Any]], to: str) -> bool:
    with _container(deployed, backup, volumes, to) as container:
        container.start()
        for line in container.logs(stream=True, follow=True):
            if shown := backups.readable(line.decode(errors="replace").rstrip()):
                print(f"  {shown}", flush=True)
        return container.wait()["StatusCode"] == 0


@contextmanager
def _container(
    deployed: Deployed, backup: Any, volumes: dict[str, dict[str, Any]], to: str
) -> Generator[Any]:
    name = f"{deployed.prefix}-uploads-restore"
    # A restore that was killed leaves its container behind.
    with suppress(NotFound):
        deployed.client.containers.get(name).remove(force=True)
    settings = dict(line.split("=", 1) for line in backup.attrs["Config"]["Env"])
    container = deployed.client.containers.create(
        backup.attrs["Image"],
        [f"{backups.THERE}/restore.sh", "uploads", to],
        name=name,
        entrypoint=["bash"],
        user="root",
        environment={**settings, "RESTIC_CACHE_DIR": "/tmp/cache"},  # noqa: S108 - of its own
        # A bucket is reached from where the backups are made.
        network_mode=f"container:{backup.id}",
        volumes={
            volumes[PLACE]["Name"]: {"bind": PLACE, "mode": "rw"},
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
