"""The revisions and the tables that a database holds, read beside the service that uses it."""

from contextlib import suppress
from typing import cast

from docker import DockerClient
from docker.errors import APIError, NotFound

from infra.names import ADMIN, DATABASE, ROLE

SUPERUSERS = (ADMIN, ROLE)
"""The second one in a database of before 2026-11-27."""
# The relations are those of the service's migrations/history.py.
QUERY = """
    SELECT json_build_object(
        'heads', (SELECT coalesce(json_agg(version_num), '[]') FROM alembic_version),
        'relations', (
            SELECT coalesce(json_agg(
                CASE WHEN n.nspname = current_schema() THEN '' ELSE n.nspname || '.' END
                || c.relname
            ), '[]')
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            AND c.relname NOT IN ('alembic_version', 'schema_history')
            AND NOT EXISTS (
                SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e'
            )
        )
    )
"""


def read(client: DockerClient, container: str) -> str | None:
    """The revisions and the tables in the database of a container, as JSON.

    None where that is not known: the container does not run, or nothing has migrated its database.
    """
    for role in SUPERUSERS:
        command = ["psql", "-U", role, "-d", DATABASE, "-qAtc", QUERY]
        with suppress(NotFound, APIError):
            answer = client.containers.get(container).exec_run(command, stderr=False)
            if answer.exit_code == 0:
                return cast(bytes, answer.output).decode().strip()
    return None
