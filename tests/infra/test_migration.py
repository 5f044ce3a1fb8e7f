"""The migration of the database, against a Docker Engine in memory."""

import io
import tarfile
from contextlib import nullcontext

import pytest
from pulumi.dynamic import ResourceProvider

from infra.steps.containers import GENTLE_SECONDS, NO_QUOTA
from infra.steps.failure import StepFailed
from testkit.recorded.docker_engine import FakeContainer, FakeEngine
from testkit.recorded.program import PASSWORD, SECRET_KEY, SECRET_VALUES, Graph
from testkit.recorded.steps import Props, changed_by, step

OWNERS = "made-for-this-migration"


@pytest.fixture
def postgres(engine: FakeEngine) -> FakeContainer:
    """The container of the database, in which the owner of the schema gets a password."""
    container = engine.known["taskmanager-postgres"] = FakeContainer("taskmanager-postgres")
    container.answer = lambda words: (0, OWNERS.encode() if "open" in words else b"")
    return container


@pytest.fixture
def migration(graph: Graph, postgres: FakeContainer) -> tuple[ResourceProvider, Props]:
    return step(graph, "Migration")


def test_the_migration_runs_in_the_new_image_with_the_services_environment(
    migration: tuple[ResourceProvider, Props], engine: FakeEngine, graph: Graph
) -> None:
    provider, props = migration
    provider.create(props)
    [container] = engine.created
    assert container.image == graph.api[0].inputs["image"], "the schema is the new code's"
    assert container.settings["command"] == ["alembic", "upgrade", "head"]
    assert container.settings["network"] == "taskmanager", "or it does not find Postgres"
    assert container.settings["environment"] == graph.api[0].envs
    assert container.settings["cap_drop"] == ["ALL"]
    assert container.settings["cpu_shares"] < 1024, "what serves goes before it"
    assert container.settings["cpu_quota"] > 0, "and is let in before it has ended"
    assert container.did == ["put /", "start", f"wait {GENTLE_SECONDS}"], (
        "files are there before it looks"
    )
    assert container.removed, "one container per release would pile up"


def test_the_migration_logs_as_the_containers_of_its_host_do(
    migration: tuple[ResourceProvider, Props], engine: FakeEngine, graph: Graph
) -> None:
    provider, props = migration
    provider.create(props)
    logging = engine.created[0].settings["log_config"]
    assert logging == {"Type": "json-file", "Config": graph.api[0].inputs["logOpts"]}
    provider.create({**props, "logDriver": "awslogs", "logOptions": {"tag": "{{.Name}}"}})
    logging = engine.created[1].settings["log_config"]
    assert logging == {"Type": "awslogs", "Config": {"tag": "{{.Name}}"}}


def test_the_migration_gets_its_secrets_as_files_that_its_user_may_read(
    migration: tuple[ResourceProvider, Props], engine: FakeEngine
) -> None:
    provider, props = migration
    provider.create(props)
    settings = engine.created[0].settings
    with tarfile.open(fileobj=io.BytesIO(settings.pop("archive"))) as archive:
        read = {f"/{m.name}": archive.extractfile(m).read().decode() for m in archive}  # type: ignore[union-attr]
        modes = {member.mode for member in archive}
    assert read["/run/secrets/secret_key"] == SECRET_KEY
    owners = f"postgresql://task_owner:{OWNERS}@taskmanager-postgres:5432/task_manager"
    assert read["/run/secrets/database_url"] == owners, "the role that serves changes no schema"
    assert modes == {0o444}, "the service's user is not root"
    assert all(secret not in str(settings) for secret in SECRET_VALUES), "`docker inspect` shows it"


@pytest.mark.parametrize("exit_code", [0, 3])
def test_the_owner_of_the_schema_can_log_in_while_a_migration_runs_and_never_else(
    migration: tuple[ResourceProvider, Props],
    engine: FakeEngine,
    postgres: FakeContainer,
    exit_code: int,
) -> None:
    provider, props = migration
    engine.next_exit_code = exit_code
    with pytest.raises(StepFailed) if exit_code else nullcontext():
        provider.create(props)
    opened, closed = [command[3:] for command in postgres.commands]
    assert opened == ["owner.sh", "open", str(int(props["timeout"]) + 30)], "as long as it may take"
    assert closed == ["owner.sh", "close"]
    assert all(OWNERS not in str(command) for command in postgres.commands), "`ps` shows it"


def test_a_database_that_the_target_runs_is_migrated_by_the_role_that_serves(
    migration: tuple[ResourceProvider, Props], engine: FakeEngine, postgres: FakeContainer
) -> None:
    provider, props = migration
    provider.create({**props, "postgres": ""})
    archive = engine.created[0].settings["archive"]
    assert PASSWORD.encode() in archive
    assert postgres.commands == []


@pytest.mark.parametrize("operation", ["create", "update"])
def test_a_failed_migration_fails_the_deployment_with_its_own_log(
    migration: tuple[ResourceProvider, Props], engine: FakeEngine, operation: str
) -> None:
    provider, props = migration
    engine.next_exit_code, engine.next_log = 3, "column tasks.colour does not exist"
    with pytest.raises(StepFailed, match="exit 3") as caught:
        provider.create(props) if operation == "create" else provider.update("id", props, props)
    assert "    column tasks.colour does not exist" in str(caught.value)
    assert "no api container was changed" in str(caught.value)
    assert engine.created[0].removed, "the next try would find its name taken"


def test_a_failed_migration_names_revision_file_and_reason_first(
    migration: tuple[ResourceProvider, Props], engine: FakeEngine
) -> None:
    provider, props = migration
    line = "ERROR revision 9001 (9001_later.py) failed: division by zero, in: SELECT 1/0"
    engine.next_exit_code, engine.next_log = 1, "\n".join([*["INFO"] * 9, line, *["trace"] * 50])
    with pytest.raises(StepFailed) as caught:
        provider.create(props)
    first, *rest = str(caught.value).splitlines()
    assert "revision 9001 (9001_later.py): division by zero, in: SELECT 1/0" in first
    assert len(rest) < 25, "the end of the log, not all of it"
    assert "Revisions before it stay in the schema" in str(caught.value), (
        "a release that fails may change the schema"
    )


def test_a_database_of_other_revisions_is_refused_with_the_ways_out(
    migration: tuple[ResourceProvider, Props], engine: FakeEngine
) -> None:
    provider, props = migration
    line = "0001 (0001_first.py): the database ran other code under this id"
    engine.next_exit_code, engine.next_log = 7, f"INFO at 0003\nERROR   {line}"
    with pytest.raises(StepFailed, match="nothing was changed") as told:
        provider.create(props)
    said = str(told.value)
    assert said.index("belongs to other revisions") < said.index(line) < said.index("Fix: ")
    assert "INFO" not in said, "the course of the migration is not the reason"
    assert "make down PURGE=1 && make up" in said
    assert "pulumi config set name NEW-NAME" in said, "the other database may be needed"


def test_a_refused_migration_tells_every_finding(
    migration: tuple[ResourceProvider, Props], engine: FakeEngine
) -> None:
    provider, props = migration
    findings = [f"migrations/versions/0002_x.py:{line}: [ban-drop-column]" for line in range(40)]
    engine.next_exit_code = 5
    engine.next_log = "\n".join(["INFO at 0001", *(f"ERROR   {line}" for line in findings)])
    with pytest.raises(StepFailed) as told:
        provider.create(props)
    assert all(line in str(told.value) for line in findings), "one round, not one for each"
    assert not {"INFO", "ERROR"} & set(str(told.value).split())


def test_a_table_in_use_is_no_fault_of_the_revision(
    migration: tuple[ResourceProvider, Props], engine: FakeEngine
) -> None:
    provider, props = migration
    engine.next_exit_code = 6
    engine.next_log = "ERROR   users: used for 95 s by process 12 (psql, ada from 10.0.0.7, idle)"
    with pytest.raises(StepFailed, match="another session uses a table") as told:
        provider.create(props)
    assert "process 12 (psql, ada from 10.0.0.7, idle)" in str(told.value)
    assert "correct the revision" not in str(told.value)
    assert "make psql" in str(told.value)


def test_a_migration_that_takes_too_long_is_ended(
    migration: tuple[ResourceProvider, Props], engine: FakeEngine
) -> None:
    provider, props = migration
    engine.next_exit_code, engine.next_log = None, "waiting for lock"
    with pytest.raises(StepFailed, match="longer than 300 s") as caught:
        provider.create(props)
    assert "waiting for lock" in str(caught.value), "the log says what it waited for"
    assert "pulumi config set migrationTimeout" in str(caught.value)
    assert engine.created[0].removed, "it would go on while the next one starts"


def test_a_long_migration_is_not_held_back_to_its_end(
    migration: tuple[ResourceProvider, Props], engine: FakeEngine
) -> None:
    provider, props = migration
    engine.next_exit_code = None
    with pytest.raises(StepFailed):
        provider.create(props)
    [container] = engine.created
    waits = [float(did.removeprefix("wait ")) for did in container.did if did.startswith("wait")]
    assert sum(waits) == props["timeout"], "it gets the time that it was promised"
    assert waits[0] == GENTLE_SECONDS
    assert container.settings["cpu_quota"] == NO_QUOTA


def test_a_container_that_an_interrupted_migration_left_is_removed_first(
    migration: tuple[ResourceProvider, Props], engine: FakeEngine
) -> None:
    provider, props = migration
    leftover = engine.known["taskmanager-migration"] = FakeContainer("taskmanager-migration")
    provider.create(props)
    assert leftover.removed
    assert leftover is not engine.created[0], "an old image's container must not be started again"


def test_the_migration_runs_again_for_another_image_or_database_and_nothing_else(
    migration: tuple[ResourceProvider, Props],
) -> None:
    assert changed_by(*migration) == {"image", "database"}, "a rotated password is no new schema"


# The password of the database role
