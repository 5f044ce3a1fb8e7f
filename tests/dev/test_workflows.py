"""The workflows of GitHub and their rights."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bootstrap.paths import ROOT

WORKFLOWS = [
    *sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    *sorted((ROOT / ".github" / "actions").rglob("action.yml")),
]


def _steps(file: Path) -> Iterator[dict[str, Any]]:
    content = yaml.safe_load(file.read_text())
    for job in content.get("jobs", {"": content.get("runs")}).values():
        yield from job["steps"]


def _jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in WORKFLOWS:
        for name, job in yaml.safe_load(file.read_text()).get("jobs", {}).items():
            yield f"{file.stem}/{name}", job


def _label(file: Path) -> str:
    return file.stem


@pytest.mark.parametrize("file", WORKFLOWS, ids=_label)
def test_an_action_is_pinned_to_a_commit_with_its_version_in_a_comment(file: Path) -> None:
    lines = [line.strip() for line in file.read_text().splitlines() if "uses:" in line]
    foreign = [line for line in lines if "uses: ./" not in line]
    pinned = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")
    assert [line for line in foreign if not pinned.search(line)] == []


@pytest.mark.parametrize("file", WORKFLOWS, ids=_label)
def test_the_shell_of_a_step_is_a_make_target_that_exists(file: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    for step in _steps(file):
        # The one that says why nothing is done has no project around it to make anything with.
        if "run" in step and "No preview" not in step["run"]:
            command = re.fullmatch(
                r"make (?:-s )?([a-z-]+)(?: >> \"\$GITHUB_OUTPUT\")?", step["run"]
            )
            assert command, f"{step['run']!r} cannot be run outside of GitHub"
            assert command[1] in targets


def test_a_deployment_queues_and_is_never_cancelled() -> None:
    by_name = dict(_jobs())
    for name in ("deploy/deploy", "deploy/images", "drift/drift"):
        turn = by_name[name]["concurrency"]
        assert turn["cancel-in-progress"] is False, name
        assert turn["queue"] == "max", "GitHub drops all but the newest that waits"


def test_only_the_job_that_builds_may_write_packages_and_no_job_may_write_code() -> None:
    for file in WORKFLOWS:
        content = yaml.safe_load(file.read_text())
        assert "runs" in content or content["permissions"] in ({}, {"contents": "read"}), file.name
    for name, job in _jobs():
        rights = job.get("permissions", {})
        assert rights.get("contents", "read") == "read", name
        if name != "deploy/images":
            assert rights.get("packages", "read") == "read", name


def test_every_job_has_a_time_limit_and_no_aws_key() -> None:
    for name, job in _jobs():
        assert job["timeout-minutes"] <= 90, name
    assert not [file for file in WORKFLOWS if "AWS_SECRET" in file.read_text()]


def test_a_pull_request_from_a_fork_is_told_that_it_has_no_secrets() -> None:
    by_name = dict(_jobs())
    told, done = by_name["preview/skipped"], by_name["preview/preview"]
    fork = "github.event.pull_request.head.repo.full_name"
    assert f"{fork} != github.repository" in told["if"]
    assert f"{fork} == github.repository" in done["if"]
    assert "secrets" not in json.dumps(told).replace("gets no secrets", "")


def test_each_workflow_has_the_environment_whose_rights_it_needs() -> None:
    by_name = dict(_jobs())
    assert by_name["drift/drift"]["environment"] == "drift", "a look at a host opens a session"
    preview = by_name["preview/preview"]
    assert preview["environment"] == "preview"
    assert "SSH_PRIVATE_KEY" not in str(preview), "a pull request's code must not reach a host"
    assert preview["env"]["STACKS"] == "${{ vars.PREVIEW_STACKS || 'dev' }}"


def test_an_image_names_its_repository_so_that_the_next_run_may_write_the_package() -> None:
    file = ROOT / ".github" / "workflows" / "deploy.yml"
    built = [s for s in _steps(file) if "build-push-action" in s.get("uses", "")]
    assert len(built) == 2
    for step in built:
        labels = dict(line.split("=", 1) for line in step["with"]["labels"].splitlines())
        assert labels["org.opencontainers.image.source"].endswith("github.repository }}")
        assert {"revision", "version", "licenses"} <= {key.rpartition(".")[2] for key in labels}
