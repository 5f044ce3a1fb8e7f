"""The environments of the repository on GitHub, and the refs whose workflows may use each."""

import json
from typing import Any

from cli.pipeline import trust
from infra.errors import UserError

# By environment: the refs whose workflows may use it; None for every ref, as pull requests need it.
REFS: dict[str, list[tuple[str, str]] | None] = {
    "dev": [("main", "branch")],
    "prod": [("main", "branch"), ("v[0-9]*", "tag")],
    "drift": [("main", "branch")],
    "preview": None,
}
REVIEWED = "prod"


def environments(repository: str) -> list[str]:
    """Make the environments of `repository`; the lines are what a person has to know."""
    said: list[str] = []
    for name, refs in REFS.items():
        body: dict[str, Any] = {"deployment_branch_policy": _only_named(refs)}
        if name == REVIEWED:
            said += _with_reviewer(repository, name, body)
        else:
            _put(repository, name, body)
        for pattern, kind in refs or []:
            _allow(repository, name, pattern, kind)
    return said


def _only_named(refs: list[tuple[str, str]] | None) -> dict[str, bool] | None:
    return {"protected_branches": False, "custom_branch_policies": True} if refs else None


def _with_reviewer(repository: str, name: str, body: dict[str, Any]) -> list[str]:
    reviewer = {"type": "User", "id": trust.gh("user")["id"]}
    try:
        _put(repository, name, {**body, "reviewers": [reviewer]})
    except UserError:
        # On private repositories GitHub has required reviewers from the plan Enterprise upwards.
        _put(repository, name, body)
        return [
            f"{name}: GitHub refuses required reviewers for this repository (private, below "
            "Enterprise). Who may push a tag v*, or start the workflow on main, deploys it: limit "
            "both by a ruleset (Settings, Rules)."
        ]
    return []


def _put(repository: str, name: str, body: dict[str, Any]) -> None:
    trust.gh("--method", "PUT", f"repos/{repository}/environments/{name}", said=json.dumps(body))


def _allow(repository: str, name: str, pattern: str, kind: str) -> None:
    path = f"repos/{repository}/environments/{name}/deployment-branch-policies"
    present = trust.gh(path)["branch_policies"]
    if not any(rule["name"] == pattern and rule.get("type", kind) == kind for rule in present):
        body = json.dumps({"name": pattern, "type": kind})
        trust.gh("--method", "POST", path, said=body)
