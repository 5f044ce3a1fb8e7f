"""The database's roles after a restore: its data may be older than they are."""

from typing import Any

from cli.deployed import Deployed, variables
from infra import app_environment, database
from infra.errors import UserError
from infra.names import ADMIN

DOCKERS_SHARES = 1024


def are_missing(deployed: Deployed) -> bool:
    """Whether the deployment is of before the roles: its superuser is the role that serves."""
    backups = deployed.containers("backup")
    return bool(backups) and variables(backups[0]).get("PGUSER") != ADMIN


def restore(deployed: Deployed) -> None:
    """Give the restored data the roles, and the password of the stack.

    Raises UserError with Postgres' message where that fails.
    """
    deployed.ask("postgres", *database.set_password())
    if not are_missing(deployed):
        deployed.ask("postgres", *database.set_roles())


def migrate(deployed: Deployed, serving: Any) -> None:
    """Bring the schema to that of the api container `serving`, in a container of its own.

    Raises UserError with the end of the log where that fails.
    """
    # Pulumi takes as long to load as everything else of a command.
    from infra.steps import migration

    settings = variables(serving)
    secrets = [path for path in settings.values() if path.startswith(f"{app_environment.FOLDER}/")]
    postgres = deployed.running("postgres")
    arguments = migration.MigrationArgs(
        name=deployed.prefix,
        endpoint=deployed.address,
        image=serving.attrs["Image"],
        revisions=[],
        database=postgres.id,
        network=_common_network(serving, postgres),
        cpu_shares=DOCKERS_SHARES,
        cpu_period=0,
        cpu_quota=0,
        environment=settings,
        files={path: deployed.ask("api-", "cat", path) for path in secrets},
        postgres="" if are_missing(deployed) else postgres.name,
        timeout=int(deployed.stack.setting("migrationTimeout")),
        log_driver="",
        log_options={},
    )
    migration.migrate(deployed.client, arguments)


def _common_network(one: Any, other: Any) -> str:
    common = sorted(_networks(one) & _networks(other))
    if not common:
        raise UserError(f"{one.name} and {other.name} have no network in common. Fix: make up")
    return common[0]


def _networks(container: Any) -> set[str]:
    return {*container.attrs["NetworkSettings"]["Networks"]}
