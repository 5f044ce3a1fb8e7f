"""The step that runs a command in a container, once for each container and command."""

import pytest
from pulumi.dynamic import ResourceProvider

from infra.steps.failure import StepFailed
from testkit.recorded.docker_engine import FakeContainer, FakeEngine
from testkit.recorded.program import PASSWORD, Graph
from testkit.recorded.steps import Props, changed_by, step


@pytest.fixture
def script(graph: Graph, engine: FakeEngine) -> tuple[ResourceProvider, Props, FakeContainer]:
    provider, props = step(graph, "Script")
    postgres = engine.known[props["container"]] = FakeContainer("taskmanager-postgres")
    return provider, props, postgres


def test_the_script_runs_in_the_container_that_is_there_now(
    script: tuple[ResourceProvider, Props, FakeContainer], graph: Graph
) -> None:
    provider, props, postgres = script
    provider.create(props)
    [command] = postgres.commands
    put = {each["file"]: each["content"] for each in graph.named(postgres.name).inputs["uploads"]}
    assert command[-1] in put, "psql is told to read a file that is there"
    assert put["/run/secrets/database_password"] == PASSWORD, "the script reads it from there"
    assert "/run/secrets/database_password" in put[command[-1]]


def test_a_script_that_fails_fails_the_deployment_with_its_output(
    script: tuple[ResourceProvider, Props, FakeContainer],
) -> None:
    provider, props, postgres = script
    postgres.answer = lambda _: (2, b'role "task_user" does not exist')
    with pytest.raises(StepFailed, match=r"^role (.|\n)*exited 2"):
        provider.update("id", props, props)


def test_a_note_of_the_first_run_in_a_stack_is_said_once_and_reaches_the_person(
    script: tuple[ResourceProvider, Props, FakeContainer], capsys: pytest.CaptureFixture[str]
) -> None:
    provider, props, postgres = script
    props = {**props, "command": ["backup.sh", "check"], "first": ["first"]}
    postgres.answer = lambda _: (0, b"INFO: fine\nNOTE: The backups found are kept.")
    provider.create(props)
    assert capsys.readouterr().out == "NOTE: The backups found are kept.\n"
    provider.update("id", {**props, "container": "earlier"}, props)
    assert postgres.commands == [["backup.sh", "check", "first"], ["backup.sh", "check"]]


def test_the_script_runs_again_in_another_container_and_as_another_command_and_never_else(
    script: tuple[ResourceProvider, Props, FakeContainer],
) -> None:
    provider, props, _ = script
    assert changed_by(provider, props) == {"container", "command"}
