"""The steps of the workflows in their order: a registry on this machine for GHCR, GitHub in memory.

What GitHub alone has is left out: the second processor, the cache, provenance, the login.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bootstrap import shell
from bootstrap.offline import debian
from bootstrap.paths import ROOT
from testkit import registry
from testkit.clone import Clone, cloned
from testkit.deployment import free_port
from tests.cli.github import GitHub, serving

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="the local registry needs root on Linux"
)
WORKFLOWS = ROOT / ".github" / "workflows"
REVISION = '"""Tasks have a colour."""\n\nrevision, down_revision = "9001", "{head}"\n'


@pytest.fixture(scope="module")
def github() -> Iterator[tuple[GitHub, str]]:
    with serving() as both:
        yield both


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, github: tuple[GitHub, str]) -> Iterator[Clone]:
    """The checkout of a workflow after set-up, with GitHub's variables."""
    folder = tmp_path_factory.mktemp("pipeline")
    event = folder / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 7}}))
    variables = {
        "STACK": "local",
        "STACKS": "local",
        "BASE": "HEAD~1",
        "GITHUB_API_URL": github[1],
        "GITHUB_REPOSITORY": "owner/tasks",
        "GITHUB_TOKEN": "t0ken",
        "GITHUB_EVENT_PATH": str(event),
        "DOCKER_CONFIG": str(_buildx(folder / "docker")),
    }
    with (
        registry.serving(folder / "registry", free_port()) as address,
        cloned(
            folder / "taskmanager",
            packages=True,
            settings={"repository": f"{address}/owner/task-manager-api"},
        ) as clone,
    ):
        clone.variables.update(variables)
        clone.run("make setup")
        yield clone


def _buildx(configuration: Path) -> Path:
    """A configuration of the docker command in which it has buildx."""
    plugins = configuration / "cli-plugins"
    plugins.mkdir(parents=True)
    if shell.answer("docker", "buildx", "version") is None:
        files = debian.programs("buildx", "docker-buildx")
        plugin = files / "usr" / "libexec" / "docker" / "cli-plugins" / "docker-buildx"
        (plugins / plugin.name).symlink_to(plugin)
    return configuration


def _steps(workflow: str, job: str) -> list[dict[str, Any]]:
    output = yaml.safe_load((WORKFLOWS / f"{workflow}.yml").read_text())
    return list(output["jobs"][job]["steps"])


def _found(runner: Clone) -> dict[str, str]:
    """The outputs of the step."""
    [command] = [step["run"] for step in _steps("deploy", "images") if step.get("id") == "found"]
    output = runner.run(command.partition(" >>")[0])
    return dict(line.split("=", 1) for line in output.splitlines())


def _build_and_push(runner: Clone, step: dict[str, Any], found: dict[str, str]) -> None:
    """The inputs that the step gives the action, for one processor."""
    inputs = {key: _filled(str(value), found) for key, value in step["with"].items()}
    arguments = [f"--build-arg={line}" for line in inputs.get("build-args", "").splitlines()]
    client = ["docker", "-H", runner.deployment.engine]
    build = [*client, "build", "--quiet", *arguments, "--tag", inputs["tags"], inputs["context"]]
    subprocess.run(build, cwd=runner.folder, check=True, capture_output=True)
    subprocess.run([*client, "push", inputs["tags"]], check=True, capture_output=True)
    # The runner that deploys is another one.
    subprocess.run([*client, "image", "rm", inputs["tags"]], check=True, capture_output=True)


def _filled(text: str, found: dict[str, str]) -> str:
    for name, value in found.items():
        text = text.replace(f"${{{{ steps.found.outputs.{name} }}}}", value)
    return text


def _deploy(runner: Clone) -> str:
    found = _found(runner)
    for step in _steps("deploy", "images"):
        missing = str(step.get("if", "")).partition("outputs.")[2].partition(" ")[0]
        if missing and not found[missing]:
            _build_and_push(runner, step, found)
    pushed = _found(runner)
    images = {
        "IMAGE": f"{pushed['repository']}@{pushed['image-digest']}",
        "POSTGRES_IMAGE": f"{pushed['repository']}@{pushed['postgresImage-digest']}",
    }
    command = _steps("deploy", "deploy")[-1]["run"]
    return runner.run(command, **images)


def test_a_merge_builds_missing_images_and_deploys_them_by_digest(runner: Clone) -> None:
    assert not _found(runner)["image-digest"]
    output = _deploy(runner)
    assert "docker:index:Image" not in output, "it was built once more"
    assert runner.deployment.version() == _found(runner)["image-digest"]


def test_a_merge_that_does_not_change_the_service_releases_nothing(runner: Clone) -> None:
    serving_before = runner.deployment.names()
    (runner.folder / "README.md").write_text("Nothing that runs.")
    runner.commit()
    _deploy(runner)
    assert runner.deployment.names() == serving_before


def test_a_pull_request_gets_a_comment_with_the_changes_of_its_merge(
    runner: Clone, github: tuple[GitHub, str]
) -> None:
    versions = runner.folder / "service" / "migrations" / "versions"
    head = max(versions.glob("*.py")).name.partition("_")[0]
    (versions / "9001_colour.py").write_text(REVISION.format(head=head))
    runner.commit()
    before = runner.deployment.names()
    for step in _steps("preview", "preview"):
        if "run" in step:
            runner.run(step["run"])
    [comment] = github[0].kept["comments"]
    assert "- `9001_colour`: Tasks have a colour." in comment["body"]
    assert "| `local` |" in comment["body"]
    assert runner.deployment.names() == before
    assert not _found(runner)["image-digest"], "a preview has built and pushed"


def test_drift_opens_an_issue_and_its_end_closes_it(
    runner: Clone, github: tuple[GitHub, str]
) -> None:
    [command] = [step["run"] for step in _steps("drift", "drift") if "drift" in step.get("run", "")]
    [stopped, _] = runner.deployment.containers("api-")
    stopped.stop(timeout=0)
    runner.run(command)
    [issue] = github[0].kept["issues"]
    assert f"{stopped.name} is exited" in issue["body"]
    stopped.start()
    runner.run(command)
    assert issue["state"] == "closed"
