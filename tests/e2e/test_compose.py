"""Local development with docker compose, on a copy with its own names and port."""

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from bootstrap.paths import ROOT
from testkit.checkouts import make_private, service_in
from testkit.deployment import free_port, python_version

RELOAD_LIMIT_SECONDS = 30
# Each has a meaning in a URL, and the dollar one in compose's own files.
PASSWORD = "p@s%40s#w:o/r?d &$x"


@dataclass(frozen=True)
class Development:
    """A running `docker compose up` in `folder`, the api on `port`."""

    folder: Path
    port: int
    prefix: str

    def compose(self, *words: str) -> str:
        """The output of a compose command that succeeds."""
        environment = {
            **os.environ,
            "API_PORT": str(self.port),
            "CONTAINER_PREFIX": self.prefix,
            "COMPOSE_PROJECT_NAME": self.prefix,
            "PYTHON_VERSION": python_version(),
            "POSTGRES_PASSWORD": PASSWORD,
        }
        done = subprocess.run(
            ["docker", "compose", *words],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"docker compose {words} failed:\n{done.stderr}"
        return done.stdout

    def get(self, path: str) -> requests.Response:
        return requests.get(f"http://127.0.0.1:{self.port}{path}", timeout=10)

    def started(self) -> dict[str, str]:
        """When each container was started."""
        names = self.compose("ps", "--all", "--quiet").split()
        words = ["docker", "inspect", "--format", "{{.Name}} {{.State.StartedAt}}", *names]
        lines = subprocess.run(words, check=True, capture_output=True, text=True).stdout
        return dict(line.split() for line in lines.splitlines())


@pytest.fixture(scope="module")
def development(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Development]:
    """The compose file as it is, brought up; nothing of it is left at the end."""
    folder = tmp_path_factory.mktemp("compose")
    shutil.copy(ROOT / "docker-compose.yml", folder)
    # As with umask 077: files that only their owner may read are mounted into the containers.
    make_private(service_in(folder))
    running = Development(folder, free_port(), f"dev-{secrets.token_hex(3)}")
    try:
        running.compose("up", "--build", "--detach", "--wait", "api")
        yield running
    finally:
        running.compose("down", "--volumes", "--rmi", "local")


def test_the_compose_file_is_valid_and_waits_for_healthy_stores(development: Development) -> None:
    text = development.compose("config")
    assert "service_healthy" in text
    assert "postgres_data" in text


def test_a_password_of_any_characters_opens_the_database(development: Development) -> None:
    words = ("exec", "-T", "-e", f"PGPASSWORD={PASSWORD}", "postgres")
    sql = "select 'by password'"
    psql = ("psql", "-h", "postgres", "-U", "task_user", "-d", "task_manager", "-Atc", sql)
    assert development.compose(*words, *psql).strip() == "by password"
    assert development.get("/ready").status_code == 200


def test_the_api_comes_up_beside_its_stores(development: Development) -> None:
    assert development.get("/ready").status_code == 200


def test_an_edit_is_answered_without_a_restart_of_any_container(development: Development) -> None:
    before = development.started()
    source = development.folder / "service/app/main.py"
    source.write_text(source.read_text() + _route("edited"))
    deadline = time.monotonic() + RELOAD_LIMIT_SECONDS
    while time.monotonic() < deadline and not _answers(development, "/edited"):
        time.sleep(0.5)
    assert _answers(development, "/edited"), "the edit never showed"
    assert development.started() == before


def _answers(development: Development, path: str) -> bool:
    try:
        return development.get(path).status_code == 200
    except requests.RequestException:
        return False


def _route(name: str) -> str:
    return f'''
_unedited = create_app
def create_app(*arguments, **options):
    app = _unedited(*arguments, **options)
    app.add_api_route("/{name}", lambda: "{name}")
    return app
'''
