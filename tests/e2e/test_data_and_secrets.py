"""Data survives, and secrets are not shown."""

import io
import json
import subprocess
import sys
import tarfile
from typing import cast

import pytest
import requests

from testkit.deployment import Deployment
from testkit.load import load

# All of these have a meaning in some shell, file or URL.
ODD = "$ % @ / # \" ' \\ ` ${HOME} $(id)\nline two\ttab Ünïcode 😀\n\n" + "x" * 32_000
SECRET = f"of-an-app {ODD}"
USER = {"username": "keeper", "password": "keeps-her-tasks"}


@pytest.fixture(scope="module")
def token(running: Deployment) -> str:
    """Of a user with one task."""
    mail = {**USER, "email": "keeper@x.test"}
    requests.post(f"{running.url}/auth/register", json=mail, timeout=10).raise_for_status()
    answer = requests.post(f"{running.url}/auth/login", json=USER, timeout=10)
    token = str(answer.json()["access_token"])
    requests.post(
        f"{running.url}/tasks",
        json={"title": "survive"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    ).raise_for_status()
    return token


def test_secrets_are_in_no_inspect_no_image_no_state_and_no_log(
    running: Deployment, token: str
) -> None:
    values = [
        running.must("config", "get", key, "--stack", "local").strip()
        for key in ("databasePassword", "secretKey", "backupSecret")
    ]
    api = running.containers("api-")[0]
    image = running.client.images.get(api.attrs["Image"])
    places = {
        "inspect": json.dumps([container.attrs for container in running.containers()]),
        "history": json.dumps(image.history()),
        "state": running.state(),
        "logs": "".join(
            container.logs().decode(errors="replace") for container in running.containers()
        ),
    }
    for place, text in places.items():
        for value in values:
            assert value not in text, f"a secret is readable in {place}"
    assert not [value for value in values if value.encode() in b"".join(image.save())]


def test_secrets_reach_the_api_container_as_files(running: Deployment) -> None:
    api = running.containers("api-")[0]
    stream, _ = api.get_archive("/run/secrets/secret_key")
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as tar:
        member = tar.extractfile("secret_key")
        assert member is not None
        content = member.read().decode()
    assert content == running.must("config", "get", "secretKey", "--stack", "local").strip()


def test_the_documented_psql_command_opens_the_database(running: Deployment, token: str) -> None:
    way = ["psql", "-U", "task_user", "-d", "task_manager", "-Atc"]
    command = ["docker", "exec", f"{running.name}-postgres", *way, "select title from tasks"]
    done = subprocess.run(
        command, env=running.environment(), check=True, capture_output=True, text=True
    )
    assert done.stdout.strip() == "survive"


def test_data_and_sessions_survive_down_and_up(running: Deployment, token: str) -> None:
    assert running.destroy().status == 0
    assert not running.containers(), "destroy left containers behind"
    assert not running.client.networks.list(names=[f"^{running.name}$"])
    running.release()
    assert _tasks(running, token) == 1


def test_an_existing_database_gets_a_new_password(running: Deployment, token: str) -> None:
    running.configure("databasePassword", "another-password-of-the-database", "--secret")
    running.release()
    assert _tasks(running, token) == 1


def _tasks(running: Deployment, token: str) -> int:
    answer = requests.get(
        f"{running.url}/tasks", headers={"Authorization": f"Bearer {token}"}, timeout=10
    )
    answer.raise_for_status()
    return int(answer.json()["total"])


def test_an_apps_own_variables_and_secrets_arrive_change_and_go_without_a_lost_request(
    running: Deployment, token: str
) -> None:
    with load(running.url) as traffic:
        traffic.wait_for(20)
        _do(running, "env set", f"OWN={ODD}", "FRONTEND_URL=https://app.example")
        _do(running, "env set", "--secret", "HIDDEN", typed=f"{SECRET}\n")
        shown = _do(running, "preview")
        assert "OWN" in shown
        assert "HIDDEN" in shown
        released = _do(running, "up")
        for place in (shown, released, running.state(), _inspected(running), _logs(running)):
            assert SECRET not in place
            assert json.dumps(SECRET)[1:-1] not in place
        assert _read_in_containers(running, "os.environ['OWN']") == {ODD}
        assert _read_in_containers(running, "open(os.environ['HIDDEN_FILE']).read()") == {SECRET}

        before = running.names("api-")
        _do(running, "env set", "--secret", "HIDDEN", typed="another")
        assert "HIDDEN" in _do(running, "preview")
        _do(running, "up")
        assert _read_in_containers(running, "open(os.environ['HIDDEN_FILE']).read()") == {"another"}
        assert not before & running.names("api-")

        _do(running, "env unset", "OWN", "HIDDEN", "FRONTEND_URL")
        _do(running, "up")
        assert _read_in_containers(running, "'OWN' in os.environ") == {False}
        traffic.wait_for(len(traffic.answers) + 20)
    assert not traffic.failures, traffic.failures[:3]


def test_a_value_that_the_service_refuses_changes_nothing_and_is_not_shown(
    running: Deployment, token: str
) -> None:
    before = {container.id for container in running.containers()}
    _do(running, "env set", "--secret", "SMTP_URL", typed=SECRET)
    _do(running, "env set", "EMAIL_PROVIDER=smtp")
    refused = running.tool("up")
    _do(running, "env unset", "SMTP_URL", "EMAIL_PROVIDER")
    assert refused.status == 1
    assert "The app refuses its settings; nothing was changed." in refused.text
    assert "SMTP_URL: " in refused.text
    assert SECRET.splitlines()[0] not in refused.text
    assert {container.id for container in running.containers()} == before


def _do(running: Deployment, *words: str, typed: str = "") -> str:
    """The output of a `taskmanager` command, which must succeed."""
    done = running.tool(*words, typed=typed)
    assert done.status == 0, done.text
    return done.text


def _read_in_containers(running: Deployment, expression: str) -> set[object]:
    """The values of a Python expression, one for each api container."""
    script = f"import json, os; print(json.dumps({expression}))"
    return {
        json.loads(cast(bytes, container.exec_run(["python", "-c", script]).output))
        for container in running.containers("api-")
    }


def _inspected(running: Deployment) -> str:
    return json.dumps([container.attrs for container in running.containers()])


def _logs(running: Deployment) -> str:
    return "".join(container.logs().decode(errors="replace") for container in running.containers())


def test_a_purge_removes_the_data_of_its_own_stack_only(running: Deployment, token: str) -> None:
    neighbour = running.client.volumes.create(f"{running.name}-dev_postgres_data")
    done = subprocess.run(
        [sys.executable, "-m", "cli", "down", "--purge", "--yes"],
        cwd=running.folder,
        env=running.environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    left = running.client.volumes.list(filters={"name": f"{running.name}-"})
    assert [volume.name for volume in left] == [neighbour.name]
    assert not running.containers()
