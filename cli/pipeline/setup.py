# The AWS SDK has no types of its own.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
"""Set this repository up on GitHub and in AWS.

Environments and the refs that may use them, roles and what they may do, variables. It can be run
again: what is there is put right.
"""

import json
import os
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from cli.cost.parts import settings
from cli.pipeline import permissions, trust
from cli.pipeline.environments import environments
from cli.pipeline.permissions import Place
from infra import project
from infra.errors import UserError

PREVIEWED = ("dev",)
"""The stack whose secrets the code of a pull request may decrypt: a preview runs that code."""
KEYS = {"SSH_PRIVATE_KEY", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_ACCESS_TOKEN"}
"""Secrets that open a host, or the state of a stack."""
ALIAS = "alias/taskmanager-state"
LONGEST_SESSION_SECONDS = 3600


def place(stack: str, account: str, kms: Any) -> Place:
    """The place of `stack`, by its committed settings and the state that STATE_URL names."""
    own = settings(stack)
    region = own["region"]
    keys = {alias: _key(kms, alias) for alias in (ALIAS, f"{ALIAS}-{stack}")}
    return Place(
        stack=stack,
        settings=own,
        account=account,
        state_bucket=f"taskmanager-state-{account}-{region}",
        state_key=keys[ALIAS],
        secrets_key=keys[f"{ALIAS}-{stack}"],
    )


def _key(kms: Any, alias: str) -> str:
    try:
        return str(kms.describe_key(KeyId=alias)["KeyMetadata"]["Arn"])
    except ClientError as error:
        stack = alias.removeprefix(f"{ALIAS}-")
        raise UserError(
            f"There is no key {alias} ({error.response['Error']['Code']}). "
            f"Fix: make bootstrap-state STACK={stack if stack != ALIAS else 'prod'}"
        ) from None


def role(environment: str, prefix: str, places: list[Place], *, iam: Any) -> str:
    """Make the role of `environment` on the stacks at `places`, or put it right; gives its ARN."""
    kind = environment if environment in permissions.ROLES else "deploy"
    # Not the stack's own beginning of a name: a deployment must not be able to change it.
    name = f"github-taskmanager-{environment}"
    trusted = json.dumps(trust.policy(places[0].account, prefix, environment))
    try:
        made = iam.get_role(RoleName=name)["Role"]
        iam.update_assume_role_policy(RoleName=name, PolicyDocument=trusted)
    except iam.exceptions.NoSuchEntityException:
        made = iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=trusted,
            MaxSessionDuration=LONGEST_SESSION_SECONDS,
        )["Role"]
    for place in places:
        document = json.dumps(permissions.policy(kind, place), separators=(",", ":"))
        iam.put_role_policy(RoleName=name, PolicyName=place.stack, PolicyDocument=document)
    return str(made["Arn"])


def provider(account: str, *, iam: Any) -> None:
    """Make the identity provider of GitHub in the account, once for all repositories."""
    arn = f"arn:aws:iam::{account}:oidc-provider/{trust.PROVIDER}"
    try:
        iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    except iam.exceptions.NoSuchEntityException:
        iam.create_open_id_connect_provider(
            Url=f"https://{trust.PROVIDER}", ClientIDList=["sts.amazonaws.com"]
        )


def variable(repository: str, name: str, value: str, environment: str = "") -> None:
    """Set a variable of `repository`, or of one of its environments."""
    place = f"environments/{environment}/variables" if environment else "actions/variables"
    body = json.dumps({"name": name, "value": value})
    try:
        # Not looked up in the list, which has pages of 30.
        trust.gh("--method", "PATCH", f"repos/{repository}/{place}/{name}", said=body)
    except trust.NotOnGitHubError:
        trust.gh("--method", "POST", f"repos/{repository}/{place}", said=body)


def account() -> str:
    """The account that this shell is logged in to.

    Raises UserError when it is in none.
    """
    try:
        return str(boto3.client("sts").get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as problem:
        raise UserError(
            f"AWS refused: {problem}\n  Fix: log in (aws configure sso, or AWS_PROFILE=…)"
        ) from None


def state_url() -> str:
    """The state's address, which the workflows need.

    Raises UserError when it is not set.
    """
    if url := os.environ.get("STATE_URL", ""):
        return url
    raise UserError("STATE_URL is not set. Fix: make bootstrap-state STACK=prod (docs/state.md)")


def policies(stack: str) -> int:
    """Print what each role may do on `stack`."""
    wanted = _place_of(stack, account())
    for kind in permissions.ROLES:
        print(f"{kind}:\n{permissions.text(kind, wanted)}\n")
    return 0


def main() -> int:
    """Set everything up, and say what is left."""
    owner = account()
    repository = trust.gh("repos/{owner}/{repo}")["full_name"]
    prefix = trust.subject_prefix(repository)
    print(f"The tokens of {repository} begin with {prefix}")
    places = {stack: _place_of(stack, owner) for stack in _initialised()}
    said = environments(repository)
    _roles(repository, prefix, places)
    variable(repository, "STATE_URL", state_url())
    variable(repository, "AWS_REGION", next(iter(places.values())).settings["region"])
    said += _readable_by_branches(repository)
    said.append(
        "The key to the hosts, in each of dev, prod and drift: "
        "gh secret set SSH_PRIVATE_KEY --env dev < deploy_key"
    )
    print("\n".join(["", "Left to you:", *(f"  {line}" for line in said)]))
    return 0


def _readable_by_branches(repository: str) -> list[str]:
    """A line for each secret of the repository itself, which a workflow of any branch can read."""
    found = trust.gh(f"repos/{repository}/actions/secrets?per_page=100") or {}
    names = {secret["name"] for secret in found.get("secrets", [])} & KEYS
    return [
        f"{name} is a secret of the repository, which every branch's workflows can read. Set it "
        f"in dev, prod and drift (gh secret set {name} --env dev), then: gh secret delete {name}"
        for name in sorted(names)
    ]


def _roles(repository: str, prefix: str, places: dict[str, Place]) -> None:
    iam = boto3.client("iam")
    provider(next(iter(places.values())).account, iam=iam)
    wanted = {
        **{stack: [one] for stack, one in places.items()},
        "drift": list(places.values()),
        "preview": [one for stack, one in places.items() if stack in PREVIEWED],
    }
    for environment, own in wanted.items():
        if own:
            arn = role(environment, prefix, own, iam=iam)
            variable(repository, "AWS_ROLE", arn, environment)
            print(f"{environment:<8} {arn}")


def _place_of(stack: str, owner: str) -> Place:
    return place(stack, owner, boto3.client("kms", region_name=settings(stack)["region"]))


def _initialised() -> list[str]:
    """The stacks on AWS that have been given a key for their secrets.

    Raises UserError when there is none.
    """
    files = {stack: project.root() / f"Pulumi.{stack}.yaml" for stack in ("dev", "prod")}
    found = [s for s, file in files.items() if "secretsprovider:" in file.read_text()]
    if not found:
        raise UserError(
            "Neither Pulumi.dev.yaml nor Pulumi.prod.yaml names a key for its secrets. "
            "Fix: make bootstrap-state STACK=dev, and commit the file that it changes"
        )
    return found
