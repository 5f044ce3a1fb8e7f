"""Log in as the owner of the schema, for as long as a migration runs."""

from collections.abc import Generator
from contextlib import contextmanager, suppress

from docker import DockerClient
from docker.errors import DockerException

from infra import database
from infra.names import DATABASE, OWNER
from infra.steps import containers
from infra.steps.failure import StepFailed


@contextmanager
def login(client: DockerClient, postgres: str, *, seconds: int) -> Generator[str]:
    """The database's address for its owner, with a password that is valid for `seconds` at most.

    `postgres` is the container's name, by which others find it too. No password outlives the
    context. Raises StepFailed where Postgres does not do it.
    """
    container = containers.find(client, postgres)
    password = containers.execute(container, database.open_owner(seconds)).split()[-1]
    try:
        yield f"postgresql://{OWNER}:{password}@{postgres}:5432/{DATABASE}"
    except BaseException:
        # The reason of the migration's failure is the one to tell.
        with suppress(StepFailed, DockerException):
            containers.execute(container, database.close_owner())
        raise
    containers.execute(container, database.close_owner())
