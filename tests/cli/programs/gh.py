"""A stand-in for GitHub's `gh`: its `api` command, before a repository that is kept in a file.

It accepts the flags of `gh api` (the manual of gh 2.80) and the paths and fields of the REST API
(docs.github.com, version 2022-11-28), and refuses everything else, as the real ones do.
"""

import argparse
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

REPOSITORY = "octocat/my-repo"
STATE = Path(os.environ["FAKE_GITHUB"])
# By kind of value: what GitHub accepts for it.
NAME_OF_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")


class Refused(Exception):
    """The answer of GitHub: a status and its message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{message} (HTTP {status})")


def environment(state: Any, name: str, method: str, body: Any) -> Any:
    _one_of(method, "PUT")
    allowed = {"wait_timer", "prevent_self_review", "reviewers", "deployment_branch_policy"}
    _only(body, allowed)
    policy = body.get("deployment_branch_policy")
    if policy is not None:
        _only(policy, {"protected_branches", "custom_branch_policies"})
        if policy["protected_branches"] == policy["custom_branch_policies"]:
            raise Refused(422, "protected_branches and custom_branch_policies cannot be the same")
    for reviewer in body.get("reviewers") or []:
        _only(reviewer, {"type", "id"})
        if reviewer["type"] not in ("User", "Team") or type(reviewer["id"]) is not int:
            raise Refused(422, "Invalid reviewer")
    if body.get("reviewers") and state["private"]:
        raise Refused(422, "Failed to create the environment protection rule")
    kept = state["environments"].setdefault(name, {"policies": [], "variables": {}})
    kept["rules"] = body
    return {"name": name}


def policies(state: Any, name: str, method: str, body: Any) -> Any:
    place = _environment(state, name)
    if method == "GET":
        return {"total_count": len(place["policies"]), "branch_policies": place["policies"]}
    _one_of(method, "POST")
    _only(body, {"name", "type"})
    if body.get("type", "branch") not in ("branch", "tag"):
        raise Refused(422, "Invalid type")
    if not (place["rules"].get("deployment_branch_policy") or {}).get("custom_branch_policies"):
        raise Refused(404, "Not Found")
    if any(policy["name"] == body["name"] for policy in place["policies"]):
        raise Refused(303, "Already exists")
    place["policies"].append({"id": len(place["policies"]) + 1, "type": "branch", **body})
    return place["policies"][-1]


def variables(kept: dict[str, str], name: str, method: str, body: Any) -> Any:
    if not name:
        _one_of(method, "POST")
        _only(body, {"name", "value"})
        if not NAME_OF_VARIABLE.fullmatch(body["name"]) or body["name"].startswith("GITHUB_"):
            raise Refused(422, "Invalid name")
        if body["name"] in kept:
            raise Refused(409, "Already exists")
        kept[body["name"]] = body["value"]
        return {}
    if name not in kept:
        raise Refused(404, "Not Found")
    if method == "GET":
        return {"name": name, "value": kept[name]}
    _one_of(method, "PATCH")
    _only(body, {"name", "value"})
    kept[name] = body["value"]
    return None


def answer(state: Any, method: str, path: str, body: Any) -> Any:
    if path == "user" and method == "GET":
        return {"login": "octocat", "id": 7}
    match path.removeprefix(f"repos/{REPOSITORY}").strip("/").split("/"):
        case [""] if method == "GET":
            return state["repository"]
        case ["actions", "oidc", "customization", "sub"] if method == "GET":
            return {"use_default": True}
        case ["environments", name]:
            return environment(state, name, method, body)
        case ["environments", name, "deployment-branch-policies"]:
            return policies(state, name, method, body)
        case ["environments", name, "variables", *rest]:
            kept = _environment(state, name)["variables"]
            return variables(kept, "/".join(rest), method, body)
        case ["actions", "secrets?per_page=100"] if method == "GET":
            names = state.get("secrets", [])
            return {"total_count": len(names), "secrets": [{"name": name} for name in names]}
        case ["actions", "variables", *rest]:
            return variables(state["variables"], "/".join(rest), method, body)
        case _:
            raise Refused(404, "Not Found")


def _environment(state: Any, name: str) -> Any:
    if name not in state["environments"]:
        raise Refused(404, "Not Found")
    return state["environments"][name]


def _only(body: Any, known: set[str]) -> None:
    if not isinstance(body, dict):
        raise Refused(400, "Problems parsing JSON")
    if unknown := set(body) - known:
        raise Refused(422, f"Invalid request. {sorted(unknown)} are not permitted keys.")


def _one_of(method: str, *known: str) -> None:
    if method not in known:
        raise Refused(404, "Not Found")


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser("gh", allow_abbrev=False)
    parser.add_argument("command", choices=["api"])
    parser.add_argument("endpoint")
    parser.add_argument("-X", "--method", default="")
    parser.add_argument("--input", choices=["-"])
    given = parser.parse_args(words)
    body = json.load(sys.stdin) if given.input else None
    method = given.method or ("POST" if given.input else "GET")
    state = json.loads(STATE.read_text())
    path = given.endpoint.replace("{owner}/{repo}", REPOSITORY)
    try:
        said = answer(state, method, path, body)
    except Refused as refused:
        print(f"gh: {refused}", file=sys.stderr)
        return 1
    STATE.write_text(json.dumps(state))
    if said is not None:
        print(json.dumps(said))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
