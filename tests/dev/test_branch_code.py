"""No job that runs a branch's code holds a key that can change or read production data.

Such a job runs for a pull request, or is started by hand on any branch. An environment that only
`main` and release tags may use keeps it from the keys of that environment.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from bootstrap.paths import ROOT
from cli.pipeline.environments import REFS
from cli.pipeline.setup import KEYS, PREVIEWED

PREVIEW = "preview"
ON_MAIN = "github.ref == 'refs/heads/main' || github.ref_type == 'tag'"
TRUSTED_TAGS = ["v[0-9]*"]


def _workflows() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted((ROOT / ".github" / "workflows").glob("*.yml")):
        content = yaml.safe_load(file.read_text())
        # YAML 1.1 reads the key `on` as true.
        yield file.stem, {**content, "on": content.get("on", content.get(True))}


def _triggers(workflow: dict[str, Any]) -> dict[str, Any]:
    on = workflow["on"]
    return on if isinstance(on, dict) else dict.fromkeys([on] if isinstance(on, str) else on)


def _environments(job: dict[str, Any]) -> set[str]:
    """The environments that a job may run in; an expression names several."""
    return set(re.findall("|".join(REFS), str(job.get("environment", ""))))


def _runs_branch_code(workflow: dict[str, Any], job: dict[str, Any]) -> bool:
    """Whether a job can start on the code of any branch."""
    if _environments(job) and all(REFS[name] for name in _environments(job)):
        return False
    triggers = _triggers(workflow)
    return "pull_request" in triggers or (
        "workflow_dispatch" in triggers and ON_MAIN not in job.get("if", "")
    )


def _jobs_of_branches() -> dict[str, dict[str, Any]]:
    return {
        f"{stem}/{name}": {**job, "all": [workflow.get("env"), job]}
        for stem, workflow in _workflows()
        for name, job in workflow["jobs"].items()
        if _runs_branch_code(workflow, job)
    }


def test_the_jobs_that_run_the_code_of_a_branch_are_these() -> None:
    assert set(_jobs_of_branches()) == {
        "preview/preview",
        "preview/skipped",
        "test/audit",
        "test/test",
    }


def test_no_workflow_runs_a_branchs_code_with_the_rights_of_main() -> None:
    for stem, workflow in _workflows():
        triggers = _triggers(workflow)
        assert not {"pull_request_target", "workflow_run", "issue_comment"} & set(triggers), stem
        push = triggers.get("push", {})
        assert push.get("branches", ["main"]) == ["main"], stem
        assert push.get("tags", TRUSTED_TAGS) == TRUSTED_TAGS, stem
        assert "inherit" not in json.dumps(workflow["jobs"]), stem


def test_a_job_of_a_branch_is_given_no_secret_but_those_of_the_preview() -> None:
    for name, job in _jobs_of_branches().items():
        secrets = set(re.findall(r"secrets\.(\w+)", json.dumps(job["all"])))
        if _environments(job) == {PREVIEW}:
            # Of one name with a secret of the repository, GitHub would take that.
            assert not secrets & KEYS, name
            assert all(secret.startswith("PREVIEW_") for secret in secrets), name
        else:
            assert secrets == set(), name


def test_a_job_of_a_branch_takes_no_role_but_the_previews_and_writes_no_package() -> None:
    for name, job in _jobs_of_branches().items():
        rights = job.get("permissions", {})
        assert rights.get("packages", "read") == "read", name
        assert rights.get("contents", "read") == "read", name
        if _environments(job) != {PREVIEW}:
            assert "id-token" not in rights, f"{name} could take on a role at AWS"


def test_the_role_of_the_preview_is_about_no_stack_with_production_data() -> None:
    assert PREVIEWED == ("dev",)
    assert [name for name, refs in REFS.items() if refs is None] == [PREVIEW]
