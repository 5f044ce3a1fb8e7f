"""Another app: the files of docs/your-own-app.md are enough to deploy it."""

import requests

from infra.names import ADMIN, DATABASE
from testkit import own_app
from testkit.deployment import Deployment

TABLES = "SELECT string_agg(relname, ' ' ORDER BY 1) FROM pg_stat_user_tables"


def test_another_app_is_refused_in_the_database_of_the_one_before(running: Deployment) -> None:
    serving, tables = running.version(), _tables(running)
    own_app.put_into(running.folder / "service")
    refused = running.up()
    assert refused.status != 0, "it would serve without a table of its own"
    assert "belongs to other revisions; nothing was changed" in refused.text
    assert "0001_first.py" in refused.text
    assert "make down PURGE=1 && make up" in refused.text
    assert (running.version(), _tables(running)) == (serving, tables)


def test_the_smallest_app_is_deployed_without_any_other_change(running: Deployment) -> None:
    own_app.put_into(running.folder / "service")
    running.tool("down", "--purge", "--yes").or_raise(("down", "--purge"))
    running.release()
    paths = requests.get(f"{running.url}/openapi.json", timeout=10).json()["paths"]
    assert set(paths) == {"/health", "/ready", "/version"}
    assert running.version() == running.outputs()["release"]
    assert _tables(running) == {"alembic_version", "orders", "schema_history"}
    status = running.tool("status").or_raise(("status",))
    assert "All is well." in status.text


def _tables(running: Deployment) -> set[str]:
    command = ["psql", "-U", ADMIN, "-d", DATABASE, "-Atc", TABLES]
    return set(running.inside("postgres", *command).split())
