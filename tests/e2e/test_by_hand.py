"""A deployment changed behind Pulumi's back, and a second clone that has its name."""

import shutil
from collections.abc import Callable

import pytest

from testkit.deployment import Deployment
from testkit.load import load
from testkit.user import User


def test_containers_removed_or_stopped_by_hand_run_again_after_the_next_up(
    running: Deployment,
) -> None:
    [redis], [proxy] = running.containers("redis"), running.containers("proxy")
    api = running.containers("api-1")[0]
    redis.remove(force=True)
    api.remove(force=True)
    proxy.stop()
    said = running.tool("up").or_raise(("up",)).text
    assert f"Missing on Docker Engine, and made again: Container {running.name}-redis" in said
    assert f"Started {running.name}-proxy again, which was exited." in said
    assert "The service answers" in said
    assert running.inside("redis", "redis-cli", "ping") == "PONG"
    running.release("--expect-no-changes")


def test_a_scale_makes_what_was_removed_by_hand_too(running: Deployment) -> None:
    for part in ("redis", "api-2"):
        running.containers(part)[0].remove(force=True)
    running.tool("scale", "3").or_raise(("scale",))
    assert running.inside("redis", "redis-cli", "ping") == "PONG"
    assert len(running.containers("api-")) == 3
    assert "No drift" in running.tool("drift").text
    running.tool("scale", "2").or_raise(("scale",))


def test_a_database_that_was_removed_by_hand_comes_back_with_its_data(running: Deployment) -> None:
    sql = "select count(*) from alembic_version"
    psql = ("psql", "-U", "task_user", "-d", "task_manager", "-Atc")
    running.containers("postgres")[0].remove(force=True)
    running.tool("up").or_raise(("up",))
    assert running.inside("postgres", *psql, sql) == "1"


@pytest.fixture(scope="module")
def second(running: Deployment, deploy: Callable[..., Deployment]) -> Deployment:
    """Another clone with the name and the port of the one that runs."""
    return _namesake(running, deploy)


def _namesake(running: Deployment, deploy: Callable[..., Deployment]) -> Deployment:
    clone = deploy()
    clone.configure("name", running.name)
    clone.configure("port", str(running.port))
    return clone


def test_a_second_clone_is_told_whose_deployment_has_its_name(
    running: Deployment, second: Deployment
) -> None:
    before = running.names()
    outcome = second.tool("up")
    assert outcome.status != 0
    assert f"deployed from the folder {running.folder}" in outcome.text
    assert "To deploy beside it" in outcome.text
    assert "To take it over into this clone" in outcome.text
    assert "Traceback" not in outcome.text
    assert running.names() == before


def test_its_purge_removes_nothing_of_the_first(running: Deployment, second: Deployment) -> None:
    # As before it was refused: volumes are made without an error where they are there.
    second.up()
    second.tool("down", "--purge", "--yes").or_raise(("down",))
    assert running.version()
    assert running.client.volumes.get(f"{running.name}-postgres-data")


def test_a_second_clone_takes_the_deployment_over_while_it_serves(
    running: Deployment, second: Deployment
) -> None:
    # The commands that the message names.
    shutil.rmtree(second.folder / ".local" / "state")
    shutil.move(running.folder / ".local" / "state", second.folder / ".local" / "state")
    shutil.copy(running.folder / "Pulumi.local.yaml", second.folder)
    kept = _stores(running)
    with load(running.url) as traffic:
        second.change_code()
        second.tool("up").or_raise(("up",))
        traffic.wait_for(len(traffic.answers) + 100)
    assert not traffic.failures, traffic.failures[:3]
    assert _stores(running) == kept


def _stores(running: Deployment) -> list[str | None]:
    """The ids of the containers that a release keeps."""
    parts = ("postgres", "redis", "proxy", "backup")
    return [container.id for part in parts for container in running.containers(part)]


def test_a_deployment_whose_state_is_elsewhere_is_not_adopted(
    running: Deployment, second: Deployment, deploy: Callable[..., Deployment]
) -> None:
    clone = _namesake(running, deploy)
    settings = (clone.folder / "Pulumi.local.yaml").read_text()
    outcome = clone.tool("adopt")
    assert outcome.status != 0
    assert f"is in the folder {second.folder}" in outcome.text
    assert (clone.folder / "Pulumi.local.yaml").read_text() == settings


def test_a_deployment_whose_state_is_gone_is_adopted_while_it_serves(
    running: Deployment, second: Deployment, deploy: Callable[..., Deployment]
) -> None:
    clone = _namesake(running, deploy)
    shutil.rmtree(second.folder / ".local" / "state")
    assert f"{running.name} " in (refused := clone.tool("up").text)
    assert "make adopt" in refused
    # The logins of an address are limited, and the load has users of its own.
    running.inside("redis", "redis-cli", "flushall")
    user = User.register(running.url)
    title = user.write()
    kept, earlier = _stores(running), running.names("api-")
    clone.configure("port", str(running.port + 1))
    with load(running.url) as traffic:
        said = clone.tool("adopt").or_raise(("adopt",)).text
        assert _stores(running) == kept
        clone.change_code()
        clone.tool("up").or_raise(("up",))
        traffic.wait_for(len(traffic.answers) + 100)
    assert not traffic.failures, traffic.failures[:3]
    assert f"port {running.port}" in said, "what runs decides the port"
    assert _stores(running) == kept, "a replaced Postgres or proxy would lose requests"
    assert not running.names("api-") & earlier, "those of the earlier release are removed"
    assert title in user.titles(), "with a session that the earlier secretKey signed"
    assert "No drift" in clone.tool("drift").or_raise(("drift",)).text
    clone.release("--expect-no-changes")
    clone.tool("down", "--yes").or_raise(("down",))
    assert not running.containers()
    assert running.client.volumes.get(f"{running.name}-postgres-data")
