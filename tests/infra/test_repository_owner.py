"""The step that gives the backups of earlier deployments to the user that makes them now."""

from typing import Any

import pytest

from infra.steps.failure import StepFailed
from testkit.recorded.docker_engine import FakeContainer, FakeEngine
from testkit.recorded.program import Graph
from testkit.recorded.steps import changed_by, step


@pytest.fixture
def postgres(graph: Graph, engine: FakeEngine) -> FakeContainer:
    _, props = step(graph, "RepositoryOwner")
    container = engine.known[props["postgres"]] = FakeContainer("taskmanager-postgres")
    return container


def backup(engine: FakeEngine, user: str) -> FakeContainer:
    states: list[dict[str, Any]] = [{"Config": {"User": user}}]
    container = engine.known["taskmanager-backup"] = FakeContainer(
        "taskmanager-backup", states=states
    )
    return container


def test_the_files_change_their_owner_and_no_link_is_followed(
    graph: Graph, postgres: FakeContainer
) -> None:
    provider, props = step(graph, "RepositoryOwner")
    provider.create(props)
    [command] = postgres.commands
    assert command[:2] == ["find", "/var/lib/backups"]
    assert "-execdir" in command, "a folder could be a link by the time it is changed"
    assert command[command.index("chown") + 1] == "-h"


@pytest.mark.parametrize(("user", "stops"), [("", True), ("root", True), ("postgres", False)])
def test_a_backup_container_that_is_root_writes_nothing_meanwhile(
    graph: Graph, engine: FakeEngine, postgres: FakeContainer, user: str, stops: bool
) -> None:
    container = backup(engine, user)
    provider, props = step(graph, "RepositoryOwner")
    provider.create(props)
    assert container.did == (["stop 30"] if stops else [])


def test_a_failure_fails_the_deployment_with_its_reason(
    graph: Graph, postgres: FakeContainer
) -> None:
    postgres.answer = lambda _: (1, b"find: Read-only file system")
    provider, props = step(graph, "RepositoryOwner")
    with pytest.raises(StepFailed, match="Read-only file system"):
        provider.create(props)


def test_it_runs_once_in_a_stack(graph: Graph, postgres: FakeContainer) -> None:
    assert changed_by(*step(graph, "RepositoryOwner")) == set()
