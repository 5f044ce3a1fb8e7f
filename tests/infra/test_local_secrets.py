"""Where the secrets of stack `local` are, and where they are not."""

import re

from testkit.recorded.program import (
    BACKUP_SECRET,
    PASSWORD,
    SECRET_KEY,
    SECRET_VALUES,
    Graph,
    run,
    unmarked,
)


def test_no_environment_holds_a_secret(graph: Graph) -> None:
    migration = graph.named("taskmanager-migration").inputs["environment"]
    for name, envs in [*((n.name, n.envs) for n in graph.containers), ("migration", migration)]:
        telling = [key for key in envs if re.search("PASSWORD|SECRET|TOKEN|KEY", key)]
        assert [key for key in telling if not key.endswith("_FILE")] == [], (
            f"`docker inspect` shows the environment of {name} to everyone"
        )
        for secret in SECRET_VALUES:
            assert secret not in str(envs), f"{name} has a secret under a harmless name"


def test_secrets_appear_only_where_the_state_encrypts_them(graph: Graph) -> None:
    for node in graph.nodes:
        for secret in SECRET_VALUES:
            assert secret not in unmarked(node.marked), f"{node.name} puts it in the state in clear"
    assert all(secret not in unmarked(graph.exports) for secret in SECRET_VALUES)


def test_secrets_reach_the_containers_at_all(graph: Graph) -> None:
    for name in ("taskmanager-api-1", "taskmanager-api-2", "taskmanager-postgres"):
        assert any(secret in str(graph.named(name).inputs["uploads"]) for secret in SECRET_VALUES)
    for secret in (PASSWORD, SECRET_KEY):
        assert secret in str(graph.named("taskmanager-migration").inputs["files"])


def test_the_secret_of_the_backups_is_only_where_backups_are_made(graph: Graph) -> None:
    holders = [n.name for n in graph.containers if BACKUP_SECRET in str(n.inputs.get("uploads"))]
    assert holders == ["taskmanager-backup", "taskmanager-postgres"], (
        "a break-in through the api must not read files deleted last week"
    )


def test_no_secret_is_in_a_command_line(graph: Graph) -> None:
    scripts = [node.inputs["command"] for node in graph.of("taskmanager:Script")]
    assert len(scripts) == 3, "the password, the roles, the check of the backups"
    commands = [*(node.inputs.get("command") for node in graph.containers), *scripts]
    assert all(secret not in str(commands) for secret in SECRET_VALUES), "`ps` shows it"


def test_a_file_that_a_container_is_told_of_is_put_there(graph: Graph) -> None:
    for node in graph.containers:
        files = {upload["file"] for upload in node.inputs.get("uploads", [])}
        told = {value for key, value in node.envs.items() if key.endswith("_FILE")}
        assert told <= files, f"{node.name} looks for a file that is not there"
    migration = graph.named("taskmanager-migration").inputs
    told = {v for key, v in migration["environment"].items() if key.endswith("_FILE")}
    assert told <= set(migration["files"])


def test_a_password_of_any_characters_makes_a_valid_address() -> None:
    odd = "p@ss:w/rd?#%20[] +'\"\\é"
    other = run(config={"databasePassword": odd})
    uploads = {u["file"]: u["content"] for u in other.api[0].inputs["uploads"]}
    from sqlalchemy.engine import make_url

    url = make_url(uploads["/run/secrets/database_url"])
    assert (url.password, url.host) == (odd, "taskmanager-postgres"), "some of it was read as host"
