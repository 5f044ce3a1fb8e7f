"""AWS trusts exactly the tokens that GitHub gives to this repository's workflows."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from cli.pipeline import environments as on_github
from cli.pipeline import trust
from infra.errors import UserError

NAME = "octocat/my-repo"
SUB = f"repos/{NAME}/actions/oidc/customization/sub"
OLD = {
    "full_name": NAME,
    "name": "my-repo",
    "id": 456789,
    "owner": {"login": "octocat", "id": 123456},
    "created_at": "2020-01-01T00:00:00Z",
}
IMMUTABLE = "repo:octocat@123456/my-repo@456789"


class GitHub:
    """Answers what it is told to, and remembers what it was asked to change."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {f"repos/{NAME}": OLD, SUB: {"use_default": True}}
        self.said: list[tuple[str, str, Any]] = []
        self.refused: set[str] = set()

    def __call__(self, *words: str, said: str | None = None) -> Any:
        path = words[-1]
        if said is None:
            return self.answers.get(path.partition("?")[0])
        body = json.loads(said)
        if set(body) & self.refused:
            raise UserError("422")
        self.said.append((words[1], path, body))
        return None


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> GitHub:
    github = GitHub()
    monkeypatch.setattr(trust, "gh", github)
    return github


def test_a_repository_of_before_is_known_by_its_names(github: GitHub) -> None:
    assert trust.subject_prefix(NAME) == "repo:octocat/my-repo"


def test_a_new_repository_is_known_by_its_numbers_too(github: GitHub) -> None:
    github.answers[f"repos/{NAME}"] = {**OLD, "created_at": "2026-07-16T00:00:00Z"}
    assert trust.subject_prefix(NAME) == IMMUTABLE


def test_a_renamed_repository_is_known_by_its_numbers_too(github: GitHub) -> None:
    github.answers[SUB] = {"use_default": True, "use_immutable_subject": True}
    assert trust.subject_prefix(NAME) == IMMUTABLE


def test_the_subject_that_github_states_itself_comes_first(github: GitHub) -> None:
    github.answers[SUB] = {"use_default": True, "sub_claim_prefix": "repo:o@1/r@2"}
    assert trust.subject_prefix(NAME) == "repo:o@1/r@2"


def test_a_subject_of_ones_own_is_refused_with_the_way_back(github: GitHub) -> None:
    github.answers[SUB] = {"use_default": False, "include_claim_keys": ["repo", "context"]}
    with pytest.raises(UserError, match="use_default=true"):
        trust.subject_prefix(NAME)


def test_one_environment_is_trusted_and_no_other() -> None:
    [statement] = trust.policy("123456789012", IMMUTABLE, "dev")["Statement"]
    assert statement["Condition"]["StringEquals"] == {
        "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
        "token.actions.githubusercontent.com:sub": f"{IMMUTABLE}:environment:dev",
    }


def environments(github: GitHub) -> list[str]:
    for name in on_github.REFS:
        path = f"repos/{NAME}/environments/{name}/deployment-branch-policies"
        github.answers[path] = {"branch_policies": []}
    github.answers["user"] = {"id": 7}
    return on_github.environments(NAME)


def test_who_pushes_a_branch_gets_no_environment_that_deploys(github: GitHub) -> None:
    assert environments(github) == []
    made = {path.rpartition("/")[2]: body for verb, path, body in github.said if verb == "PUT"}
    for name in ("dev", "prod", "drift"):
        assert made[name]["deployment_branch_policy"] == {
            "protected_branches": False,
            "custom_branch_policies": True,
        }
    rules = {(p.split("/")[4], b["name"], b["type"]) for v, p, b in github.said if v == "POST"}
    assert rules == {
        ("dev", "main", "branch"),
        ("prod", "main", "branch"),
        ("prod", "v[0-9]*", "tag"),
        ("drift", "main", "branch"),
    }
    assert made["prod"]["reviewers"] == [{"type": "User", "id": 7}]


def test_reviewers_that_github_refuses_are_said_to_be_missing(github: GitHub) -> None:
    github.refused = {"reviewers"}
    [line] = environments(github)
    assert "refuses required reviewers" in line
    assert any(path.endswith("/prod") for _, path, _ in github.said), "it is made all the same"


def test_a_machine_without_gh_is_told_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(os.environ, "PATH", str(tmp_path))
    with pytest.raises(UserError, match="gh auth login"):
        trust.gh("user")
