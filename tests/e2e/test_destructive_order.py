"""Cheap checks fail before a container is deleted to be made again."""

import pytest

from testkit.deployment import Deployment
from testkit.load import load


@pytest.fixture
def changed_postgres(running: Deployment) -> str:
    """The id of the Postgres that runs; the next `up` replaces it by another image."""
    dockerfile = running.folder / "infra/images/postgres/Dockerfile"
    dockerfile.write_text(f"{dockerfile.read_text()}\nLABEL trial=1\n")
    return str(running.containers("postgres")[0].id)


def test_postgres_outlives_a_build_of_the_api_that_fails(
    running: Deployment, changed_postgres: str
) -> None:
    dockerfile = running.folder / "service/Dockerfile"
    good = dockerfile.read_text()
    dockerfile.write_text(f"{good}\nRUN exit 7\n")
    with load(running.url) as traffic:
        failed = running.up()
    dockerfile.write_text(good)
    assert failed.status != 0
    [postgres] = running.containers("postgres")
    assert (postgres.id, postgres.status) == (changed_postgres, "running")
    assert not traffic.failures, traffic.failures[:3]


def test_postgres_outlives_a_migration_that_is_refused(
    running: Deployment, changed_postgres: str
) -> None:
    revision = running.folder / "service/migrations/versions/f3c0ffee1234_drops.py"
    revision.write_text(
        'from alembic import op\nrevision = "f3c0ffee1234"\ndown_revision = "0003"\n'
        'def upgrade() -> None:\n    op.execute("ALTER TABLE tasks DROP COLUMN title")\n'
    )
    failed = running.up()
    revision.unlink()
    assert failed.status != 0
    assert "f3c0ffee1234_drops.py" in failed.text
    assert "ban-drop-column" in failed.text
    assert "Exception calling application" not in failed.text
    [postgres] = running.containers("postgres")
    assert (postgres.id, postgres.status) == (changed_postgres, "running")


def test_status_and_drift_name_a_database_that_is_missing(running: Deployment) -> None:
    running.release()
    running.containers("postgres")[0].remove(force=True)
    assert "postgres is gone" in running.tool("status").text
    drift = running.tool("drift")
    assert drift.status == 1
    assert "postgres is gone" in drift.text
