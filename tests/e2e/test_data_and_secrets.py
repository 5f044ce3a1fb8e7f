"""Data survives, and secrets are not shown."""

import io
import json
import subprocess
import sys
import tarfile

import pytest
import requests

from testkit.deployment import Deployment

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
