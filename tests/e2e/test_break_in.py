"""An attacker with a shell in an api container tries to get further, and gets nowhere."""

import json
import time
from pathlib import Path

import pytest
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

from testkit.deployment import Deployment
from testkit.load import Load, load
from testkit.outcome import CommandFailed

STATEMENTS = (Path(__file__).parent / "programs" / "statements.py").read_text()
OWN = "-"
"""The role of the service, by the password that its container has."""
REFUSED = {
    "makes a role": (OWN, "CREATE ROLE mine", "permission denied to create role"),
    "makes itself the superuser": (OWN, "ALTER ROLE task_user SUPERUSER", "permission denied"),
    "becomes the superuser": (OWN, "SET ROLE postgres", "permission denied"),
    "becomes the owner": (OWN, "SET ROLE task_owner", "permission denied"),
    "joins a role": (OWN, "GRANT pg_read_server_files TO task_user", "permission denied"),
    "runs a program": (OWN, "COPY tasks (title) FROM PROGRAM 'id'", "permission denied"),
    "writes by a program": (OWN, "COPY (SELECT 1) TO PROGRAM 'cat'", "permission denied"),
    "reads a file": (OWN, "SELECT pg_read_file('/etc/passwd')", "permission denied"),
    "copies from a file": (OWN, "COPY tasks (title) FROM '/etc/passwd'", "permission denied"),
    "lists a folder": (OWN, "SELECT pg_ls_dir('/')", "permission denied"),
    "imports a file": (OWN, "SELECT lo_import('/etc/passwd')", "permission denied"),
    "reads passwords": (OWN, "SELECT rolpassword FROM pg_authid", "permission denied"),
    "makes a table": (OWN, "CREATE TABLE mine (id int)", "permission denied"),
    "makes a temporary table": (OWN, "CREATE TEMP TABLE mine (id int)", "permission denied"),
    "makes a schema": (OWN, "CREATE SCHEMA mine", "permission denied"),
    "makes a function": (
        OWN, "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'", "permission denied",
    ),
    "makes an extension": (OWN, "CREATE EXTENSION hstore", "permission denied"),
    "changes a table": (OWN, "ALTER TABLE tasks ADD COLUMN mine text", "must be owner"),
    "removes a table": (OWN, "DROP TABLE tasks", "must be owner"),
    "empties a table": (OWN, "TRUNCATE tasks CASCADE", "permission denied"),
    "forges the schema's version": (OWN, "DELETE FROM alembic_version", "permission denied"),
    "forges its history": (OWN, "DELETE FROM schema_history", "permission denied"),
    "changes a setting": (OWN, "ALTER SYSTEM SET archive_command = 'id'", "permission denied"),
    "copies the database's log": (
        OWN, "SELECT pg_create_physical_replication_slot('mine')", "permission denied",
    ),
    "logs in as the superuser": ("postgres", "SELECT 1", "no login"),
    "logs in as the owner": ("task_owner", "SELECT 1", "no login"),
}  # fmt: skip
ROLES = (
    "SELECT string_agg(rolname || rolsuper || rolcreaterole || rolcreatedb || rolreplication"
    " || rolbypassrls, ' ' ORDER BY rolname) FROM pg_roles WHERE rolname LIKE 'task_%'"
)
OWNERS = (
    "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'"
    " UNION SELECT datdba::regrole::text FROM pg_database WHERE datname = 'task_manager'"
)
SESSIONS = "SELECT DISTINCT usename FROM pg_stat_activity WHERE client_addr IS NOT NULL"
RECOVERY_SECONDS = 90
GOOD_ANSWERS = 200
# As the code of before 2026-11-27 left a database.
OF_BEFORE = [
    ("postgres", "CREATE ROLE other SUPERUSER LOGIN"),
    (
        "other",
        "BEGIN; REASSIGN OWNED BY task_owner TO postgres; DROP OWNED BY task_owner;"
        " DROP OWNED BY task_user; DROP ROLE task_owner; ALTER ROLE task_user RENAME TO gone;"
        " ALTER ROLE postgres RENAME TO task_user; COMMIT",
    ),
    ("task_user", "DROP ROLE gone; DROP ROLE other"),
]


def attack(running: Deployment, *pairs: str) -> list[str]:
    """The outcome of each statement, from within an api container."""
    return json.loads(running.inside("api-", "python", "-c", STATEMENTS, *pairs))


def as_superuser(running: Deployment, statement: str, *, role: str = "postgres") -> str:
    way = ("psql", "-v", "ON_ERROR_STOP=1", "-qU", role, "-d", "task_manager", "-Atc")
    return running.inside("postgres", *way, statement)


@pytest.fixture(scope="module")
def outcomes(running: Deployment) -> dict[str, str]:
    """The outcome of every attempt."""
    pairs = [word for user, statement, _ in REFUSED.values() for word in (user, statement)]
    return dict(zip(REFUSED, attack(running, *pairs), strict=True))


def test_the_service_reads_and_writes_rows(running: Deployment) -> None:
    assert attack(running, OWN, "UPDATE tasks SET title = title", OWN, "SELECT 1") == ["done"] * 2


@pytest.mark.parametrize("attempt", REFUSED)
def test_the_database_refuses_an_attacker_who(attempt: str, outcomes: dict[str, str]) -> None:
    assert REFUSED[attempt][-1] in outcomes[attempt]


def test_a_database_of_before_gets_its_roles_and_no_request_is_lost(running: Deployment) -> None:
    with load(running.url) as traffic:
        traffic.wait_for(50)
        _turn_back(running)
        # From here on, the release that serves is logged in as the superuser.
        _wait_until_all_is_answered(traffic)
        assert as_superuser(running, SESSIONS, role="task_user") == "task_user"
        before = as_superuser(running, ROLES, role="task_user")
        began = traffic.answers[-1].ended
        running.edit("app/main.py", "# of the new roles")
        running.release()
        traffic.wait_for(len(traffic.answers) + 200)
    assert before == "task_usertruetruetruetruetrue"
    failures = [answer for answer in traffic.failures if answer.ended >= began]
    assert not failures, f"{len(failures)} failed, first: {failures[:3]}"
    assert not traffic.lost(), "acknowledged and gone"
    none = "false" * 5
    assert as_superuser(running, ROLES) == f"task_owner{none} task_user{none}"
    assert as_superuser(running, OWNERS) == "task_owner"
    assert as_superuser(running, SESSIONS) == "task_user"
    assert attack(running, OWN, "COPY tasks (title) FROM PROGRAM 'id'") != ["done"]


def _wait_until_all_is_answered(traffic: Load) -> None:
    deadline = time.monotonic() + RECOVERY_SECONDS
    while time.monotonic() < deadline:
        traffic.wait_for(len(traffic.answers) + GOOD_ANSWERS)
        if not any(answer.failed for answer in traffic.answers[-GOOD_ANSWERS:]):
            return
    raise AssertionError("the api containers do not serve a database of before")


@retry(
    retry=retry_if_exception_type(CommandFailed),
    stop=stop_after_attempt(10),
    wait=wait_fixed(0.2),
    reraise=True,
)
def _between_requests(running: Deployment, statement: str, *, role: str) -> None:
    """Locks all tables: with a request that has locked one of them, that may be a deadlock."""
    as_superuser(running, statement, role=role)


def _turn_back(running: Deployment) -> None:
    for role, statement in OF_BEFORE:
        _between_requests(running, statement, role=role)
    password = running.must("config", "get", "databasePassword", "--stack", "local").strip()
    assert password.isalnum()
    as_superuser(running, f"ALTER ROLE task_user PASSWORD '{password}'", role="task_user")
    for container in running.containers("api-"):
        container.restart()
    # As another version of the program does: a step of its own.
    script = running.folder / "infra/database/roles.sh"
    script.write_text(script.read_text() + "# of another version\n")
