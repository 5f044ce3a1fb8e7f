"""The workflow that AWS trusts: the subject of its tokens, and the policy that names it.

GitHub puts the numbers of owner and repository into the subject of repositories that were made,
renamed or transferred since 15 July 2026: github/docs, OpenID Connect reference, "immutable subject
claims".
"""

import json
import subprocess
from typing import Any

from infra.errors import UserError

PROVIDER = "token.actions.githubusercontent.com"
IMMUTABLE_SINCE = "2026-07-15"


class NotOnGitHubError(UserError):
    """GitHub has no such thing."""


def gh(*words: str, said: str | None = None) -> Any:
    """The answer of GitHub's command line, as read from JSON; None for nothing.

    Raises UserError with what it said, NotOnGitHubError for a path that GitHub does not have.
    """
    command = ["gh", "api", *words, *(["--input", "-"] if said is not None else [])]
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, input=said)
    except FileNotFoundError:
        raise UserError(
            "GitHub's command line `gh` is not installed. Fix: https://cli.github.com, then: "
            "gh auth login"
        ) from None
    if done.returncode != 0:
        reason = done.stderr.strip() or done.stdout.strip()
        error = NotOnGitHubError if "(HTTP 404)" in reason else UserError
        raise error(f"gh api {' '.join(words)} failed: {reason}\n  Fix: gh auth login")
    return json.loads(done.stdout) if done.stdout.strip() else None


def subject_prefix(repository: str) -> str:
    """How the subject of every token of `repository` (`owner/name`) begins, as GitHub tells.

    Raises UserError where the repository has a template of its own for it.
    """
    about = gh(f"repos/{repository}")
    template = gh(f"repos/{repository}/actions/oidc/customization/sub")
    if not template.get("use_default", True):
        keys = ",".join(template.get("include_claim_keys", []))
        raise UserError(
            f"The tokens of {repository} have a subject of their own ({keys}); accepted: GitHub's "
            f"default. Fix: gh api --method PUT repos/{repository}/actions/oidc/customization/sub "
            "-F use_default=true"
        )
    if prefix := template.get("sub_claim_prefix"):
        return str(prefix)
    new = about["created_at"] >= IMMUTABLE_SINCE
    if template.get("use_immutable_subject", new):
        owner, name = about["owner"], about
        return f"repo:{owner['login']}@{owner['id']}/{name['name']}@{name['id']}"
    return f"repo:{about['full_name']}"


def policy(account: str, prefix: str, environment: str) -> dict[str, Any]:
    """The trust policy of a role for the workflows of one environment."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{account}:oidc-provider/{PROVIDER}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        f"{PROVIDER}:aud": "sts.amazonaws.com",
                        f"{PROVIDER}:sub": f"{prefix}:environment:{environment}",
                    }
                },
            }
        ],
    }
