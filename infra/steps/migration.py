"""Bring the database's schema to the one of an image, before any of its containers starts."""

import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pulumi
from docker import DockerClient
from docker.types import LogConfig
from requests.exceptions import RequestException

from infra.app_environment import FOLDER
from infra.steps import containers, migration_failure, one_off, proxy_guard, schema_owner
from infra.steps.failure import StepFailed
from infra.steps.step import Step, StepArgs, StepProvider, Text, Texts

LONGEST_SECONDS = 7200
COMMAND = ["alembic", "upgrade", "head"]
# The line that the service's migrations/env.py prints.
OWN_SCHEMA = re.compile(r"this release's schema is (\w+)")
DATABASE_URL = f"{FOLDER}/database_url"
"""The file with the database's address, in every container of the service."""
MARGIN_SECONDS = 30
"""From the password of the owner to the first statement."""


@dataclass(frozen=True, kw_only=True)
class MigrationArgs(StepArgs):
    """The arguments of Migration.

    name: the name of the deployment.
    endpoint: the address of the host's Docker Engine.
    image: the release's image.
    revisions: the schema's revisions in the image, for a preview to show.
    database: an id; another one is another database, whose schema is not known.
    network: the network on which the database answers.
    cpu_shares: the container's weight when processors are short; 1024 is Docker's default.
    cpu_period: the period of the quota, in microseconds.
    cpu_quota: the processor time in each period, in microseconds.
    environment: the environment of the container.
    files: files in the container, by path; secret.
    postgres: the container of the database, in which its owner gets a password for the run; empty:
        a managed database, whose address is in `files`.
    timeout: the longest run, in seconds.
    log_driver: Docker's log driver; empty: the daemon's.
    log_options: its options.
    """

    name: str
    endpoint: Text = Text()
    image: Text = Text()
    revisions: Sequence[str]
    database: Text = Text()
    network: Text = Text()
    cpu_shares: int
    cpu_period: int
    cpu_quota: int
    environment: Texts = Texts()
    files: Texts = Texts()
    postgres: str
    timeout: int
    log_driver: str
    log_options: Texts = Texts()

    @property
    def container(self) -> str:
        """The name of the container that runs it."""
        return f"{self.name}-migration"


class MigrationProvider(StepProvider[MigrationArgs]):
    """Runs again for another image and for another database."""

    arguments = MigrationArgs
    triggers = ("image", "database")

    def run(self, args: MigrationArgs, previous: MigrationArgs | None) -> Mapping[str, Any]:
        """Migrate; `schema` is the newest revision that the image knows, None if it says none."""
        with containers.connect(args.endpoint) as client:
            # First: a release that cannot be proved must not have changed the schema.
            proxy_guard.refuse_closed(client, proxy=f"{args.name}-proxy", service=args.name)
            log = migrate(client, args)
        schema = OWN_SCHEMA.search(log)
        return {"schema": schema[1] if schema else None}

    def identity(self, args: MigrationArgs, outputs: Mapping[str, Any]) -> str:
        """The name of the container that runs it."""
        return args.container


def migrate(client: DockerClient, args: MigrationArgs) -> str:
    """Run the migration as the owner of the schema; its log. Raises StepFailed when it fails."""
    with _files(client, args) as files, _container(client, args, files) as container:
        container.start()
        status = _wait(container, args.timeout)
        log = str(container.logs(tail="all").decode(errors="replace"))
        if status != 0:
            raise migration_failure.failure(status, log)
    return log


@contextmanager
def _files(client: DockerClient, args: MigrationArgs) -> Generator[Mapping[str, str]]:
    """The files of the container, with the owner's address in place of the service's."""
    # A state from before this argument has none.
    if not args.postgres:
        yield args.files
        return
    with schema_owner.login(client, args.postgres, seconds=args.timeout + MARGIN_SECONDS) as url:
        yield {**args.files, DATABASE_URL: url}


def _container(
    client: DockerClient, args: MigrationArgs, files: Mapping[str, str]
) -> AbstractContextManager[Any]:
    return one_off.container(
        client,
        args.container,
        args.image,
        COMMAND,
        files=files,
        environment=dict(args.environment),
        network=args.network,
        cpu_shares=args.cpu_shares,
        cpu_period=args.cpu_period,
        cpu_quota=args.cpu_quota,
        log_config=_logs(args),
    )


def _logs(args: MigrationArgs) -> LogConfig | None:
    # A state from before these arguments has none.
    if not args.log_driver:
        return None
    return LogConfig(type=args.log_driver, config=dict(args.log_options))


def _wait(container: Any, timeout: int) -> int:
    gentle = containers.gentle_seconds(timeout)
    with suppress(RequestException):
        return int(container.wait(timeout=gentle)["StatusCode"])
    containers.lift_quota(container)
    try:
        return int(container.wait(timeout=timeout - gentle)["StatusCode"])
    except RequestException as error:
        raise StepFailed(
            f"The migration took longer than {timeout} s (the setting migrationTimeout) and was "
            "ended; no api container was changed. The end of its log:\n"
            f"{containers.last_lines(container)}\n"
            "  Fix: find the session that holds the lock, or allow more time: "
            f"pulumi config set migrationTimeout {min(timeout * 2, LONGEST_SECONDS)}"
        ) from error


class Migration(Step, module="taskmanager", name="Migration"):
    """`alembic upgrade head`, run in a container of its own from a release's image.

    `schema` is the newest revision that the image knows.
    """

    image: pulumi.Output[str]
    schema: pulumi.Output[str | None]

    def __init__(
        self, name: str, args: MigrationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, MigrationProvider(), {"schema": None, **args.inputs()}, opts)
