"""`make github`: its changes to a repository and to an account, through programs that check them.

`gh` is a stand-in which knows the flags and the fields of the real one; AWS is moto's.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli.pipeline import setup, trust
from infra.errors import UserError

PROGRAM = Path(__file__).parent / "programs" / "gh.py"
ACCOUNT = "123456789012"
ROLES = {"dev", "prod", "drift", "preview"}
REPOSITORY = {
    "full_name": "octocat/my-repo",
    "name": "my-repo",
    "id": 456789,
    "owner": {"login": "octocat", "id": 123456},
    "created_at": "2020-01-01T00:00:00Z",
}


@pytest.fixture
def github(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a repository that `gh` changes."""
    command = tmp_path / "gh"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} {PROGRAM} "$@"\n')
    command.chmod(0o755)
    file = tmp_path / "github.json"
    empty = {"repository": REPOSITORY, "private": False, "environments": {}, "variables": {}}
    file.write_text(json.dumps(empty))
    monkeypatch.setenv("FAKE_GITHUB", str(file))
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    return file


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Any:
    """An account with the keys that `make bootstrap-state` makes, and two stacks that use them."""
    monkeypatch.setenv("STATE_URL", "s3://taskmanager-state-123456789012-eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setattr(setup, "_initialised", lambda: ["dev", "prod"])
    with mock_aws():
        for stack in ("dev", "prod"):
            kms = boto3.client("kms", region_name=setup.settings(stack)["region"])
            aliases = {alias["AliasName"] for alias in kms.list_aliases()["Aliases"]}
            for alias in (setup.ALIAS, f"{setup.ALIAS}-{stack}"):
                if alias not in aliases:
                    key = kms.create_key()["KeyMetadata"]["KeyId"]
                    kms.create_alias(AliasName=alias, TargetKeyId=key)
        yield boto3.client("iam")


def on_github(file: Path) -> Any:
    return json.loads(file.read_text())


def test_a_repository_is_set_up_and_the_second_run_changes_nothing(
    github: Path, account: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert setup.main() == 0
    made = on_github(github)
    assert set(made["environments"]) == ROLES
    assert made["variables"] == {"STATE_URL": os.environ["STATE_URL"], "AWS_REGION": "eu-central-1"}
    for name, environment in made["environments"].items():
        role = f"arn:aws:iam::{ACCOUNT}:role/github-taskmanager-{name}"
        assert environment["variables"] == {"AWS_ROLE": role}
    refs = {(p["name"], p["type"]) for p in made["environments"]["prod"]["policies"]}
    assert refs == {("main", "branch"), ("v[0-9]*", "tag")}
    assert made["environments"]["prod"]["rules"]["reviewers"] == [{"type": "User", "id": 7}]
    assert "gh secret set SSH_PRIVATE_KEY" in capsys.readouterr().out
    assert setup.main() == 0
    assert on_github(github) == made


def test_each_role_trusts_one_environment_and_may_do_something(github: Path, account: Any) -> None:
    setup.main()
    roles = {role["RoleName"]: role for role in account.list_roles()["Roles"]}
    assert set(roles) == {f"github-taskmanager-{name}" for name in ROLES}
    for name, role in roles.items():
        [statement] = role["AssumeRolePolicyDocument"]["Statement"]
        subject = statement["Condition"]["StringEquals"][f"{trust.PROVIDER}:sub"]
        environment = name.removeprefix("github-taskmanager-")
        assert subject == f"repo:octocat/my-repo:environment:{environment}"
        policies = account.list_role_policies(RoleName=name)["PolicyNames"]
        stacks = {"drift": {"dev", "prod"}, "preview": {"dev"}}.get(environment, {environment})
        assert set(policies) == stacks, "AWS refuses a policy that it cannot read"
    [provider] = account.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert provider["Arn"].endswith(f":oidc-provider/{trust.PROVIDER}")


def test_settings_that_were_changed_by_hand_are_put_right(github: Path, account: Any) -> None:
    setup.main()
    made = on_github(github)
    other = json.loads(json.dumps(made))
    other["environments"]["dev"]["rules"] = {"deployment_branch_policy": None}
    other["environments"]["dev"]["policies"] = []
    other["environments"]["dev"]["variables"]["AWS_ROLE"] = "arn:aws:iam::1:role/other"
    github.write_text(json.dumps(other))
    role = "github-taskmanager-dev"
    wrong = json.dumps(trust.policy(ACCOUNT, "repo:octocat/another", "dev"))
    account.update_assume_role_policy(RoleName=role, PolicyDocument=wrong)
    setup.main()
    assert on_github(github) == made
    trusted = account.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    assert trusted == trust.policy(ACCOUNT, "repo:octocat/my-repo", "dev")


def test_keys_that_workflows_of_every_branch_can_read_are_named_with_the_way_out(
    github: Path, account: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    state = on_github(github)
    github.write_text(json.dumps({**state, "secrets": ["PULUMI_CONFIG_PASSPHRASE", "CODECOV"]}))
    setup.main()
    said = capsys.readouterr().out
    assert "PULUMI_CONFIG_PASSPHRASE is a secret of the repository" in said
    assert "gh secret delete PULUMI_CONFIG_PASSPHRASE" in said
    assert "CODECOV" not in said


def test_a_variable_beyond_the_first_page_is_changed_and_not_made_twice(
    github: Path, account: Any
) -> None:
    state = on_github(github)
    # GitHub lists at most 30 at once.
    state["variables"] = {**{f"A_{number}": "" for number in range(40)}, "STATE_URL": "old"}
    github.write_text(json.dumps(state))
    setup.main()
    assert on_github(github)["variables"]["STATE_URL"] == os.environ["STATE_URL"]


def test_a_private_repository_without_reviewers_is_set_up_and_that_is_said(
    github: Path, account: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    github.write_text(json.dumps({**on_github(github), "private": True}))
    assert setup.main() == 0
    assert "refuses required reviewers" in capsys.readouterr().out
    assert set(on_github(github)["environments"]) == ROLES


def test_a_field_that_github_does_not_know_is_refused(github: Path) -> None:
    with pytest.raises(UserError, match="not permitted keys"):
        trust.gh(
            *("--method", "PUT", "repos/octocat/my-repo/environments/dev"),
            said=json.dumps({"branch_policy": None}),
        )


def test_a_missing_key_is_told_before_anything_is_made(
    github: Path, account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "ALIAS", "alias/another")
    with pytest.raises(UserError, match="make bootstrap-state"):
        setup.main()
    assert on_github(github)["environments"] == {}
    assert account.list_roles()["Roles"] == []
