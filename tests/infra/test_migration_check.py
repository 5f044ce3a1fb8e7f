"""The reading of the migrations before a container is deleted, against an engine in memory."""

import io
import tarfile

import pytest
from pulumi.dynamic import ResourceProvider

from infra.steps.failure import StepFailed
from testkit.recorded.docker_engine import FakeContainer, FakeEngine
from testkit.recorded.program import PASSWORD, Graph, run
from testkit.recorded.steps import Props, changed_by, step


@pytest.fixture
def check(graph: Graph) -> tuple[ResourceProvider, Props]:
    return step(graph, "MigrationCheck")


def test_it_reads_the_new_image_and_reaches_no_database(
    check: tuple[ResourceProvider, Props], engine: FakeEngine, graph: Graph
) -> None:
    provider, props = check
    provider.create(props)
    [container] = engine.created
    assert container.image == graph.api[0].inputs["image"]
    assert container.settings["command"] == ["python", "-m", "migrations.check"]
    assert container.settings["network_mode"] == "none"
    assert container.removed


def test_a_refusal_stops_the_deployment_with_its_reason(
    check: tuple[ResourceProvider, Props], engine: FakeEngine
) -> None:
    provider, props = check
    engine.next_exit_code, engine.next_log = 5, "9001 (9001_later.py): [ban-drop-column]"
    with pytest.raises(StepFailed, match="nothing was changed") as caught:
        provider.update("id", props, props)
    assert "9001_later.py" in str(caught.value)
    assert engine.created[0].removed


def test_an_older_image_that_lacks_the_command_is_let_through(
    check: tuple[ResourceProvider, Props], engine: FakeEngine
) -> None:
    provider, props = check
    engine.next_exit_code, engine.next_log = 1, "No module named migrations.check"
    provider.create(props)


def test_a_container_that_an_interrupted_check_left_is_removed_first(
    check: tuple[ResourceProvider, Props], engine: FakeEngine
) -> None:
    provider, props = check
    leftover = engine.known["taskmanager-migration-check"] = FakeContainer("left")
    provider.create(props)
    assert leftover.removed


def test_it_runs_again_when_a_container_is_to_be_deleted_and_not_for_every_release(
    check: tuple[ResourceProvider, Props],
) -> None:
    assert changed_by(*check) == {"before"}, "an ordinary release deletes none of them first"


def test_another_password_is_a_reason_and_is_not_in_the_state() -> None:
    one, other = (
        run(config={"databasePassword": password}).named("taskmanager-migration-check").inputs
        for password in (PASSWORD, "another-password-0123456789")
    )
    assert one["before"] != other["before"]
    assert PASSWORD not in str(one)


def test_it_knows_the_database_that_a_container_holds(
    check: tuple[ResourceProvider, Props], engine: FakeEngine
) -> None:
    provider, props = check
    holds = b'{"heads": ["0003"], "relations": ["tasks"]}\n'
    postgres = engine.known["taskmanager-postgres"] = FakeContainer("taskmanager-postgres")
    postgres.answer = lambda _: (0, holds)
    provider.create(props)
    settings = engine.created[0].settings
    with tarfile.open(fileobj=io.BytesIO(settings["archive"])) as archive:
        [member] = archive.getmembers()
        content = archive.extractfile(member).read()  # type: ignore[union-attr]
    assert settings["environment"] == {"HOLDS_FILE": f"/{member.name}"}
    assert content == holds.strip()


@pytest.mark.parametrize("status", [None, 2])
def test_a_database_that_cannot_be_asked_is_left_to_the_migration(
    check: tuple[ResourceProvider, Props], engine: FakeEngine, status: int | None
) -> None:
    provider, props = check
    if status is not None:
        postgres = engine.known["taskmanager-postgres"] = FakeContainer("taskmanager-postgres")
        postgres.answer = lambda _: (status, b"")
    provider.create(props)
    settings = engine.created[0].settings
    assert settings["environment"] == {}
    assert "archive" not in settings
