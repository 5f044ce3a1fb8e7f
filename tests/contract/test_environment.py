"""The service's settings read exactly the variables that infra gives the containers."""

import itertools
import os
import re
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy.engine import make_url

from app.settings import DatabaseSettings, Settings, load
from dev import environment_tables
from testkit.recorded.ec2 import CACHE_PASSWORD, MANAGED, deploy
from testkit.recorded.program import DIGEST, INFRA, PASSWORD, ROOT, SECRET_KEY, Graph, run
from testkit.recorded.recorder import CACHE_HOST, DATABASE_HOST
from testkit.working_copy import tracked

# The variables that the settings read, and those that the entrypoint reads before.
VARIABLES = set(environment_tables.variables())
DOCUMENT = environment_tables.DOCUMENT.read_text()
# Variables that the test kit, the offline builds and the benchmarks set for their own processes.
DEPLOYING = ("infra/", "cli/", "bootstrap/")
INTERNAL = ("bootstrap/offline/",)


@pytest.fixture(scope="module", params=["local", "staging"])
def graph(request: pytest.FixtureRequest) -> Graph:
    """As a development machine, which has defaults, and as another."""
    return run(stack=request.param)


def _inside(
    environment: Mapping[str, str], files: Mapping[str, str], there: Path
) -> dict[str, str]:
    """The environment in a container, with its files written below `there`."""
    for path, content in files.items():
        target = there / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content)
    return {
        key: f"{there}{value}" if key.endswith("_FILE") else value
        for key, value in environment.items()
    }


def test_the_service_starts_with_the_environment_of_its_container(
    graph: Graph, tmp_path: Path
) -> None:
    for node in graph.api:
        files = {upload["file"]: upload["content"] for upload in node.inputs["uploads"]}
        with patch.dict(os.environ, _inside(node.envs, files, tmp_path), clear=True):
            settings = load(Settings)
        assert settings.secret_key.get_secret_value() == SECRET_KEY
        assert (settings.dsn.host, settings.dsn.port) == ("taskmanager-postgres", 5432)
        assert (settings.dsn.username, settings.dsn.password) == ("task_user", PASSWORD)
        assert settings.dsn.database == "task_manager"
        assert settings.redis_url, "without Redis every container counts the limits for itself"
        redis = make_url(settings.redis_url.get_secret_value())
        assert (redis.host, redis.port) == ("taskmanager-redis", 6379)
        assert settings.release == DIGEST, "the smoke test compares it with the answer of /version"
        assert not settings.testing, "it turns the rate limits off"


CHOICES = ("database", "cache", "storage")
COMBINATIONS = list(itertools.product((False, True), repeat=len(CHOICES)))


@pytest.mark.parametrize(
    "managed", COMBINATIONS, ids=lambda managed: "".join(map("01".__getitem__, managed))
)
def test_the_service_does_not_notice_who_runs_its_parts(
    managed: tuple[bool, bool, bool], tmp_path: Path
) -> None:
    database, cache, storage = managed
    config = {key: MANAGED[key] for key, chosen in zip(CHOICES, managed, strict=True) if chosen}
    node = deploy("dev", {"cachePassword": CACHE_PASSWORD, **config}).api[0]
    files = {upload["file"]: upload["content"] for upload in node.inputs["uploads"]}
    with patch.dict(os.environ, _inside(node.envs, files, tmp_path), clear=True):
        settings = load(Settings)
    assert settings.dsn.host == (DATABASE_HOST if database else "taskmanager-dev-postgres")
    assert settings.dsn.query == ({"ssl": "require"} if database else {})
    assert settings.redis_url
    redis = make_url(settings.redis_url.get_secret_value())
    assert (redis.drivername, redis.password, redis.host) == (
        ("rediss", CACHE_PASSWORD, CACHE_HOST)
        if cache
        else ("redis", None, "taskmanager-dev-redis")
    )
    assert settings.storage_provider == ("s3" if storage else "local")
    assert bool(settings.s3_bucket_name) is storage
    assert settings.aws_region == "eu-central-1" or not storage, "its buckets are elsewhere"
    variables = {key.removesuffix("_FILE") for key in node.envs}
    assert variables - VARIABLES == set(), "the service reads no such variable"


def test_the_migration_starts_with_the_environment_of_its_container(
    graph: Graph, tmp_path: Path
) -> None:
    inputs = graph.named("taskmanager-migration").inputs
    with patch.dict(
        os.environ, _inside(inputs["environment"], inputs["files"], tmp_path), clear=True
    ):
        settings = load(DatabaseSettings)
    assert settings.dsn.host == "taskmanager-postgres", "a default would migrate another database"
    assert settings.dsn.password == PASSWORD


def test_every_variable_that_is_given_is_read(graph: Graph) -> None:
    for node in graph.api:
        variables = {key.removesuffix("_FILE") for key in node.envs}
        assert variables - VARIABLES == set(), "the service reads no such variable"


def test_the_hosts_that_are_named_are_containers_on_the_network(graph: Graph) -> None:
    names = {node.inputs.get("name") for node in graph.containers}
    for node in graph.api:
        urls = [value for value in node.envs.values() if "://" in value]
        urls += [
            upload["content"] for upload in node.inputs["uploads"] if "://" in upload["content"]
        ]
        assert len(urls) == 2, "the two stores"
        assert {make_url(url).host for url in urls} <= names


def test_postgres_makes_the_database_and_the_role_that_the_service_uses(graph: Graph) -> None:
    envs = graph.named("taskmanager-postgres").envs
    assert (envs["POSTGRES_DB"], envs["POSTGRES_USER"]) == (
        "task_manager",
        "task_user",
    ), "README.md names them too, and existing containers would restart with others"


def test_compose_and_the_stack_run_the_same_stores(graph: Graph) -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    ours = (INFRA / "images/postgres/Dockerfile").read_text()
    [postgres] = re.findall(r"^FROM (\S+)$", ours, re.MULTILINE)
    for image in (postgres, graph.named("taskmanager-redis-image").inputs["name"]):
        assert re.search(rf"image: {image}$", compose, re.MULTILINE), (
            f"development on another store than {image} finds other mistakes"
        )


def test_every_variable_that_set_up_and_deployment_read_or_export_is_documented() -> None:
    read = re.compile(r"""environ(?:\.get\(|\[)["'](\w+)""")
    read_names: set[str] = set()
    for file in tracked():
        ours = str(file).startswith(DEPLOYING) and not str(file).startswith(INTERNAL)
        if ours and not (ROOT / file).is_symlink():
            read_names |= set(read.findall((ROOT / file).read_text()))
    state = (ROOT / "bootstrap/state.py").read_text()
    read_names |= set(re.findall(r"\b(?:PULUMI|DOCKER|STATE)_\w+", state))
    for file in (ROOT / ".github").rglob("*.yml"):
        read_names |= set(re.findall(r"(?:vars|secrets)\.(\w+)", file.read_text())) - {"AWS_ROLE"}
    assert {name for name in read_names if f"`{name}`" not in DOCUMENT} == set()


def test_every_variable_that_compose_takes_from_a_file_is_in_the_example_with_its_default() -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    example = (ROOT / ".env.example").read_text()
    example_values = set(re.findall(r"^(\w+)=(.*)$", example, re.MULTILINE))
    assert set(re.findall(r"\$\{(\w+):-([^}]*)\}", compose)) == example_values
