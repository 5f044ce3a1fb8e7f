"""The permissions of the pipeline's roles in the account: no more than the stack's resources need.

Roles: `deploy` makes and changes them, `drift` reads them and reaches the host, `preview` reads
them and reaches no host.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("permissions.yaml")
ROLES = ("deploy", "drift", "preview")
IMAGES = "parameter/aws/service/ami-amazon-linux-latest/*"
PASSED_TO = ("ec2.amazonaws.com", "dlm.amazonaws.com")


@dataclass(frozen=True, kw_only=True)
class Place:
    """The place of a stack: its settings, the account, and the bucket and keys of its state.

    `state_key` encrypts the bucket, `secrets_key` the stack's secrets; both are ARNs.
    """

    stack: str
    settings: Mapping[str, Any]
    account: str
    state_bucket: str
    state_key: str
    secrets_key: str

    def filled_in(self, text: str) -> str:
        """`text` with the stack's own names."""
        for word, value in {
            "NAME": self.settings["name"],
            "REGION": self.settings["region"],
            "ACCOUNT": self.account,
            "ZONE": self.settings.get("zoneId", ""),
        }.items():
            text = text.replace(word, str(value))
        return text


def declared(settings: Mapping[str, Any]) -> set[str]:
    """The resource types that the program declares with `settings`."""
    return {token for token, entry in _entries().items() if _wanted(entry, settings)}


def policy(role: str, place: Place) -> dict[str, Any]:
    """The policy of `role` on the stack at `place`, as IAM takes it."""
    kinds = ("read", "deploy") if role == "deploy" else ("read",)
    statements = [
        statement
        for kind in kinds
        for statement in _on_resources(kind, place, declared(place.settings))
    ]
    statements += [_lookups(place), *_state(role, place)]
    if role != "preview" and place.settings["access"] == "ssm":
        statements += _session(place)
    return {"Version": "2012-10-17", "Statement": statements}


def text(role: str, place: Place) -> str:
    """The same, to be written to a file."""
    return json.dumps(policy(role, place), indent=2)


def _entries() -> dict[str, dict[str, Any]]:
    return yaml.safe_load(FILE.read_text())


def _wanted(entry: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    wanted = entry.get("when")
    if not wanted:
        return True
    if settings.get("database") == "rds" and wanted.get("backups"):
        # The backups of a managed database are not ours.
        wanted = {key: value for key, value in wanted.items() if key != "backups"}
    return any(
        bool(settings.get(key)) if value == "given" else settings.get(key) == value
        for key, value in wanted.items()
    )


def _on_resources(kind: str, place: Place, types: Iterable[str]) -> list[dict[str, Any]]:
    groups: dict[tuple[str, ...], set[str]] = {}
    for token in types:
        entry = _entries()[token]
        # Most services have no names of resources for reading.
        on = tuple(entry.get("on", ["*"])) if _nameable(kind, entry) else ("*",)
        groups.setdefault(on, set()).update(entry[kind])
    return [_statement(kind, place, on, sorted(actions)) for on, actions in sorted(groups.items())]


def _nameable(kind: str, entry: Mapping[str, Any]) -> bool:
    return kind == "deploy" or entry["read"][0].startswith(("iam:", "s3:", "sns:", "route53:"))


def _statement(kind: str, place: Place, on: tuple[str, ...], actions: list[str]) -> dict[str, Any]:
    made = _allowed(*actions, on=[place.filled_in(arn) for arn in on])
    if on == ("*",):
        made["Condition"] = {"StringEquals": {"aws:RequestedRegion": place.settings["region"]}}
    if "iam:PassRole" in actions:
        return {**made, "Action": [action for action in actions if action != "iam:PassRole"]}
    return made


def _lookups(place: Place) -> dict[str, Any]:
    return _allowed("ssm:GetParameter", on=[f"arn:aws:ssm:{place.settings['region']}::{IMAGES}"])


def _state(role: str, place: Place) -> list[dict[str, Any]]:
    bucket = f"arn:aws:s3:::{place.state_bucket}"
    stack = [
        f"{bucket}/.pulumi/meta.yaml",
        f"{bucket}/.pulumi/*/taskmanager/{place.stack}.*",
        f"{bucket}/.pulumi/*/taskmanager/{place.stack}/*",
    ]
    locks = f"{bucket}/.pulumi/locks/*/taskmanager/{place.stack}/*"
    writing = [*stack, locks] if role == "deploy" else [locks]
    keys = ["kms:Decrypt", *(["kms:Encrypt", "kms:GenerateDataKey"] if role == "deploy" else [])]
    return [
        _allowed("s3:ListBucket", on=[bucket]),
        _allowed("s3:GetObject", on=[*stack, locks]),
        _allowed("s3:PutObject", "s3:DeleteObject", on=writing),
        _allowed(*keys, on=[place.secrets_key]),
        # The bucket's own: a lock is an object too.
        _allowed("kms:Decrypt", "kms:GenerateDataKey", on=[place.state_key]),
        # Whatever else this role is given later: no file of a user, no backup, no other state.
        {"Effect": "Deny", "Action": "s3:GetObject*", "NotResource": [*stack, locks]},
        *(_passed(place) if role == "deploy" else []),
    ]


def _passed(place: Place) -> list[dict[str, Any]]:
    role = place.filled_in("arn:aws:iam::ACCOUNT:role/NAME-*")
    condition = {"StringEquals": {"iam:PassedToService": list(PASSED_TO)}}
    return [{**_allowed("iam:PassRole", on=[role]), "Condition": condition}]


def _session(place: Place) -> list[dict[str, Any]]:
    """Ssh by Session Manager to this deployment's hosts, and nothing else on them."""
    instances = place.filled_in("arn:aws:ec2:REGION:ACCOUNT:instance/*")
    tagged = {"StringEquals": {"ssm:resourceTag/Deployment": place.settings["name"]}}
    document = place.filled_in("arn:aws:ssm:REGION::document/AWS-StartSSHSession")
    return [
        {**_allowed("ssm:StartSession", on=[instances]), "Condition": tagged},
        _allowed("ssm:StartSession", on=[document]),
        _allowed("ssm:TerminateSession", on=["arn:aws:ssm:*:*:session/${aws:userid}-*"]),
    ]


def _allowed(*actions: str, on: list[str]) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on}
