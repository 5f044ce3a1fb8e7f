"""The values that AWS refuses: lengths, patterns, choices, from botocore's model of each service.

botocore itself checks types and required members only. Some limits are in the model as prose, in
the documentation of a member: PROSE has them as patterns, each with the sentence that it stands
for, which a test looks up in the model.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

import botocore.session
from botocore.model import Shape


class Limit(NamedTuple):
    """A pattern for a whole value, and the sentence of the model's documentation that it is."""

    pattern: str
    sentence: str


_EC2_TEXT = r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{0,255}"
_EC2_GROUP = Limit(_EC2_TEXT, "Valid characters: a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*")
_EC2_RULE = Limit(_EC2_TEXT, "a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&;{}!$*")
_EC2_PAIR = Limit(_EC2_TEXT.replace("&", ""), "0-9, spaces, and ._-:/()#,@[]+=;{}!$*")
_HYPHENS = r"(?!.*--)[a-zA-Z]([a-zA-Z0-9-]{{0,{most}}}[a-zA-Z0-9])?"
_SINGLE_HYPHENS = "Can't end with a hyphen or contain two consecutive hyphens"
_RETENTION = (
    "1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, "
    "3288, and 3653"
)
_RULES = ("AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
PROSE: Mapping[tuple[str, str, str], Limit] = {
    ("ec2", "CreateSecurityGroup", "Description"): _EC2_GROUP,
    ("ec2", "CreateSecurityGroup", "GroupName"): _EC2_GROUP,
    **{
        ("ec2", rule, f"IpPermissions[].{source}[].Description"): limit
        for rule in _RULES
        for source, limit in (("IpRanges", _EC2_RULE), ("UserIdGroupPairs", _EC2_PAIR))
    },
    ("rds", "CreateDBInstance", "DBInstanceIdentifier"): Limit(
        _HYPHENS.format(most=61), _SINGLE_HYPHENS
    ),
    ("rds", "CreateDBInstance", "MasterUserPassword"): Limit(
        r"[!#-.0-?A-~]{8,128}", 'any printable ASCII character except "/", """, or "@"'
    ),
    ("rds", "DeleteDBInstance", "FinalDBSnapshotIdentifier"): Limit(
        _HYPHENS.format(most=253), _SINGLE_HYPHENS
    ),
    ("rds", "CreateDBParameterGroup", "DBParameterGroupName"): Limit(
        _HYPHENS.format(most=253), _SINGLE_HYPHENS
    ),
    ("rds", "CreateDBSubnetGroup", "DBSubnetGroupName"): Limit(
        r"[a-zA-Z][a-zA-Z0-9._ -]{0,254}", "First character must be a letter"
    ),
    ("elasticache", "CreateReplicationGroup", "ReplicationGroupId"): Limit(
        _HYPHENS.format(most=38), "contain two consecutive hyphens"
    ),
    ("elasticache", "CreateReplicationGroup", "AuthToken"): Limit(
        r"[a-zA-Z0-9!&#$^<>-]{16,128}",
        "The only permitted printable special characters are !, &, #, $, ^, <, >, and -.",
    ),
    ("elasticache", "CreateCacheSubnetGroup", "CacheSubnetGroupName"): Limit(
        r"[a-zA-Z0-9-]{1,255}", "no more than 255 alphanumeric characters or hyphens"
    ),
    ("logs", "PutRetentionPolicy", "retentionInDays"): Limit(
        _RETENTION.replace(", and ", ", ").replace(", ", "|"), f"Possible values are: {_RETENTION}."
    ),
    ("cloudwatch", "PutDashboard", "DashboardName"): Limit(
        r"[A-Za-z0-9_-]{1,255}", 'valid characters are A-Z, a-z, 0-9, "-", and "_"'
    ),
    ("sns", "CreateTopic", "Name"): Limit(
        r"[a-zA-Z0-9_-]{1,256}", "letters, numbers, underscores, and hyphens"
    ),
}


def problems(service: str, operation: str, values: Mapping[str, Any]) -> list[str]:
    """One line for each of `values` that AWS would refuse in `operation` of `service`."""
    shape = _model(service).operation_model(operation).input_shape
    return [
        f"{service} {operation}: {path} {problem}"
        for path, member, value in _leaves(shape, values, "")
        for problem in _refusals((service, operation, path), member, value)
    ]


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def _leaves(shape: Shape | None, value: Any, path: str) -> Iterator[tuple[str, Shape, Any]]:
    if shape is None:
        return
    if shape.type_name == "structure" and isinstance(value, Mapping):
        for key, inner in value.items():
            member = shape.members.get(key)  # pyright: ignore[reportAttributeAccessIssue]
            yield from _leaves(member, inner, f"{path}.{key}".lstrip("."))
    elif shape.type_name == "list" and isinstance(value, list):
        for inner in value:
            yield from _leaves(shape.member, inner, f"{path}[]")  # pyright: ignore[reportAttributeAccessIssue]
    else:
        yield path, shape, value


def _refusals(place: tuple[str, str, str], shape: Shape, value: Any) -> Iterator[str]:
    if isinstance(value, int) and place in PROSE:
        value = str(value)
    if not isinstance(value, str):
        return
    limits: Any = shape.metadata
    least, most = limits.get("min", 0), limits.get("max", len(value))
    if not least <= len(value) <= most:
        yield f"has {len(value)} characters; accepted: {least} to {most}"
    if (choices := limits.get("enum")) and value not in choices:
        yield f'is "{value}"; accepted: {", ".join(choices[:8])}'
    for pattern in _patterns(place, limits):
        if not re.fullmatch(pattern, value, re.DOTALL):
            yield f'is "{value}"; accepted: {pattern}'


def _patterns(place: tuple[str, str, str], limits: Mapping[str, Any]) -> Iterator[str]:
    if pattern := limits.get("pattern"):
        yield _of_python(pattern)
    if prose := PROSE.get(place):
        yield prose.pattern


def _of_python(pattern: str) -> str:
    """The models write Java's classes of characters."""
    for java, python in ((r"[\p{all}]", "."), (r"\p{L}\p{Z}\p{N}", r"\w\s")):
        pattern = pattern.replace(java, python)
    return pattern
