"""The Dockerfile and the entrypoint make the image that infra expects."""

import json
import re
import subprocess
from typing import Any

import pytest

from testkit.recorded.program import INFRA, ROOT, Graph, declared, run

SERVICE = ROOT / "service"

from app.main import create_app  # noqa: E402 - after the path
from app.settings import Settings, load  # noqa: E402 - after the path

DOCKERFILE = (SERVICE / "Dockerfile").read_text()
ENTRYPOINT = (SERVICE / "entrypoint.sh").read_text()
PROBE = (SERVICE / "probe.py").read_text()
SMOKE_TEST = (INFRA / "steps" / "smoke_test.py").read_text()
# kamal-proxy 0.9.2 sets no limit of its own; an hour outlasts any pause between two requests that
# matter.
IDLE_SECONDS = 3600


@pytest.fixture(scope="module")
def graph() -> Graph:
    return run()


@pytest.fixture(scope="module")
def api() -> dict[str, Any]:
    """The service's own description of its paths."""
    app = create_app(load(Settings, environment="development", secret_key="x" * 32))
    return app.openapi()


def _limit(option: str) -> int:
    [found] = re.findall(rf"{option} (\d+)", ENTRYPOINT)
    return int(found)


def test_every_path_that_is_probed_is_one_of_the_service(graph: Graph, api: dict[str, Any]) -> None:
    options = graph.named("taskmanager-switch").inputs["options"]
    [liveness] = [each.partition("=")[2] for each in options if "health-check-path" in each]
    paths = re.findall(r'\{url\}(/\w+)"', SMOKE_TEST)
    probe = re.findall(r"GET (/\w+) HTTP", PROBE)
    assert (liveness, sorted(paths), probe) == ("/health", ["/ready", "/version"], ["/ready"])
    for path in [liveness, *paths, *probe]:
        assert "get" in api["paths"][path], f"{path} would answer 404 for ever"


def test_the_smoke_test_reads_the_release_where_the_service_says_it(api: dict[str, Any]) -> None:
    [key] = re.findall(r'json\(\)\["(\w+)"\]', SMOKE_TEST)
    answer = api["paths"]["/version"]["get"]["responses"]["200"]["content"]["application/json"]
    name = answer["schema"]["$ref"].rpartition("/")[2]
    assert key in api["components"]["schemas"][name]["properties"]


def test_everyone_means_the_same_port(graph: Graph) -> None:
    port = graph.named("taskmanager-switch").inputs["port"]
    assert re.findall(r"^EXPOSE (\d+)", DOCKERFILE, re.MULTILINE) == [port]
    assert re.findall(r"--port (\d+)", ENTRYPOINT) == [port]
    assert re.findall(r'ADDRESS = \("127.0.0.1", (\d+)\)', PROBE) == [port]
    assert "--host 0.0.0.0" in ENTRYPOINT, "on loopback alone the proxy cannot reach it"


def test_the_upload_directory_is_made_for_the_services_user_and_lies_on_the_volume(
    graph: Graph,
) -> None:
    for node in graph.api:
        directory = node.envs["UPLOAD_DIR"]
        mounts = {each["containerPath"]: each["volumeName"] for each in node.inputs["volumes"]}
        assert mounts[directory] == "taskmanager-uploads", "uploads die with their container"
        assert re.search(rf"install -d -o app -g app {directory}$", DOCKERFILE, re.MULTILINE), (
            "a new volume takes its owner from the image: root's could not be written to"
        )


def test_the_image_runs_as_a_user_without_rights() -> None:
    users = re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE)
    assert users, "root is the default"
    assert users[-1] not in ("root", "0")


def test_the_image_tells_its_health(graph: Graph) -> None:
    assert "HEALTHCHECK" in DOCKERFILE, "the switch waits for it"
    assert all("healthcheck" not in node.inputs for node in graph.api), (
        "one in the container's inputs wins over the image's, and its changes do nothing"
    )


@pytest.mark.parametrize("syntax", [r"--mount", r"--link", r"^# *syntax", r"<<", r"--chmod"])
def test_the_classic_builder_can_build_it(syntax: str) -> None:
    assert not re.search(syntax, DOCKERFILE, re.MULTILINE), (
        "BuildKit fails on the containerd store (pulumi-docker issue 967)"
    )


def test_the_build_arguments_are_declared(graph: Graph) -> None:
    build = graph.named("taskmanager-image", "image:Image").inputs["build"]
    taken = dict(re.findall(r"^ARG (\w+)=?(\S*)", DOCKERFILE, re.MULTILINE))
    assert set(build["args"]) <= set(taken), "of others Docker only warns"
    assert taken["PYTHON_VERSION"] == declared()["pythonVersion"]["default"], (
        "`docker build` by hand and the deployment make the same image"
    )


def test_the_limits_of_a_stop_are_in_order(graph: Graph) -> None:
    options = graph.named("taskmanager-switch").inputs["options"]
    [drain] = [re.findall(r"\d+", each) for each in options if "drain-timeout" in each]
    assert '--timeout-graceful-shutdown "${STOP_SECONDS' in ENTRYPOINT
    for node in graph.api:
        stop = int(node.envs["STOP_SECONDS"])
        assert int(drain[0]) < stop < node.inputs["destroyGraceSeconds"], (
            "the proxy lets requests finish, then uvicorn, and only then does Docker kill"
        )


def test_the_service_keeps_connections_longer_than_the_proxy() -> None:
    assert _limit("--timeout-keep-alive") >= IDLE_SECONDS, (
        "or the proxy now and then uses one that is being closed: a 502"
    )


def test_the_entrypoint_steps_aside_for_another_command(graph: Graph) -> None:
    command = ["sh", "-c", 'echo "$0 $$"', "as-migration"]
    with subprocess.Popen(
        ["sh", str(SERVICE / "entrypoint.sh"), *command], stdout=subprocess.PIPE, text=True
    ) as process:
        output, _ = process.communicate(timeout=10)
    assert output == f"as-migration {process.pid}\n", "exec: the command gets the signals itself"
    assert re.search(r"^exec uvicorn ", ENTRYPOINT, re.MULTILINE), "SIGTERM has to reach uvicorn"


def test_the_migrations_are_in_the_image() -> None:
    assert (SERVICE / "alembic.ini").is_file(), "`alembic upgrade head` runs where it lies"
    assert list((SERVICE / "migrations" / "versions").glob("*.py"))


def test_no_secret_can_get_into_a_layer() -> None:
    declared_there = re.findall(r"^(?:ARG|ENV) (.*)", DOCKERFILE, re.MULTILINE)
    assert not re.search("PASSWORD|SECRET|TOKEN|KEY", json.dumps(declared_there))
