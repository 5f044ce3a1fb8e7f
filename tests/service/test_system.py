"""Health, readiness and version."""

import asyncpg
import pytest

from app.persistence.revisions import own_revisions

from .conftest import running


@pytest.mark.parametrize("path", ["/", "/health", "/version", "/ready", "/docs", "/openapi.json"])
async def test_everyone_may_look_at(client, path):
    assert (await client.get(path)).status_code == 200


async def test_the_icon_is_an_empty_answer(client):
    assert (await client.get("/favicon.ico")).status_code == 204


async def test_the_version_is_the_release(settings):
    async with running(settings, release="sha256:abc", environment="production") as client:
        version = (await client.get("/version")).json()
    assert version == {"version": "sha256:abc", "environment": "production"}


async def test_health_has_the_state_of_the_last_statement(settings):
    async with running(settings) as client:
        assert (await client.get("/health")).json() == {"status": "ok", "database": "healthy"}


NOWHERE = "127.0.0.1:9"


async def test_without_postgres_it_is_alive_but_not_ready(settings):
    gone = settings.model_validate(
        {**settings.model_dump(), "database_url": f"postgresql://u:hidden@{NOWHERE}/d"}
    )
    async with running(gone) as client:
        response = await client.get("/ready")
        health = await client.get("/health")
    assert response.status_code == 503
    assert response.json()["checks"]["database"] == "no answer"
    assert "hidden" not in response.text
    assert health.status_code == 200
    assert health.json()["database"] == "unhealthy"


async def test_without_redis_it_is_not_ready_and_the_log_says_why(settings, caplog):
    gone = settings.model_validate({**settings.model_dump(), "redis_url": f"redis://{NOWHERE}/0"})
    async with running(gone) as client:
        caplog.clear()
        response = await client.get("/ready")
    reasons = [record.reason for record in caplog.records if record.name == "app.persistence.cache"]
    assert "127.0.0.1:9" in "".join(reasons), "the answer alone tells a person nothing of the cause"
    assert response.status_code == 503
    assert response.json()["checks"] == {"database": "ok", "schema": "ok", "redis": "no answer"}


@pytest.mark.parametrize(
    ("present", "status"),
    [
        (["0001"], 503),
        (["0001", "0002"], 503),
        ([own_revisions()[-1]], 200),
        (["9999"], 200),
        (["0001", "9999"], 200),
        ([], 503),
    ],
)
async def test_a_schema_behind_is_not_ready_and_one_ahead_is(client, clean, present, status):
    connection = await asyncpg.connect(clean.database_url)
    before = await connection.fetchval("SELECT version_num FROM alembic_version")
    try:
        await connection.execute("DELETE FROM alembic_version")
        for revision in present:
            await connection.execute("INSERT INTO alembic_version VALUES ($1)", revision)
        assert (await client.get("/ready")).status_code == status
    finally:
        await connection.execute("DELETE FROM alembic_version")
        await connection.execute("INSERT INTO alembic_version VALUES ($1)", before)
        await connection.close()
