"""The repository of backups, and its settings for Postgres and the backup container."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from infra.backing_services import Bucket
from infra.backup_paths import REPOSITORY, SECRET_FILE
from infra.names import DATABASE, ROLE

DATA = "/var/lib/postgresql/data"
SOCKET = "/var/run/postgresql"
SETTINGS_FILE = "/etc/pgbackrest/pgbackrest.conf"
STANZA = "main"
# A repository that cannot be reached must not fill the disk of the database with its log: beyond
# this much the log is dropped, and the next backup begins anew.
LONGEST_QUEUE = "2GiB"
SETTINGS = f"""\
repo1-cipher-type=aes-256-cbc
repo1-bundle=y
repo1-block=y
compress-type=zst
start-fast=y
archive-push-queue-max={LONGEST_QUEUE}
exclude=.before-restore
exclude=.moving
exclude=.restored
exclude=.undone
log-level-console=warn
log-level-stderr=off
log-level-file=off

[global:backup]
log-level-console=info

[global:restore]
log-level-console=info

[{STANZA}]
pg1-path={DATA}
pg1-user={ROLE}
pg1-database={DATABASE}
pg1-socket-path={SOCKET}
"""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """The `bucket`, or the volume at REPOSITORY where that is None; encrypted with `secret`."""

    secret: pulumi.Input[str]
    bucket: Bucket | None

    @property
    def settings(self) -> pulumi.Output[str]:
        """pgBackRest's configuration; a secret."""
        return pulumi.Output.secret(
            pulumi.Output.concat(
                "[global]\nrepo1-cipher-pass=", self.secret, "\n", self._place(), SETTINGS
            )
        )

    @property
    def environment(self) -> Mapping[str, pulumi.Input[str]]:
        """The address at which restic finds the copies of the uploads."""
        place: pulumi.Input[str] = f"{REPOSITORY}/restic"
        if self.bucket:
            server = f"s3:https://{self.bucket.endpoint}/"
            place = pulumi.Output.concat(server, self.bucket.name, "/restic")
        return {
            "RESTIC_REPOSITORY": place,
            "RESTIC_PASSWORD_FILE": SECRET_FILE,
            "RESTIC_CACHE_DIR": f"{REPOSITORY}/cache",
        }

    def _place(self) -> pulumi.Input[str]:
        if self.bucket is None:
            return f"repo1-path={REPOSITORY}/pgbackrest\n"
        return pulumi.Output.format(
            "repo1-type=s3\nrepo1-path=/pgbackrest\nrepo1-s3-key-type=auto\n"
            "repo1-s3-bucket={0}\nrepo1-s3-region={1}\nrepo1-s3-endpoint={2}\n",
            self.bucket.name,
            self.bucket.region,
            self.bucket.endpoint,
        )
