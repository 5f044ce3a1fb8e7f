# The AWS SDK has no types of its own.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The api containers' log lines from CloudWatch, for a stack whose host does not answer."""

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from cli import logs
from cli.deployed import UnreachableError
from cli.stack import Stack, outputs, resources
from infra.errors import UserError

GROUP = "aws:cloudwatch/logGroup:LogGroup"
POLL_SECONDS = 5.0
MISSING = "ResourceNotFoundException"


@dataclass
class Stream:
    """The lines of one container: its name is the stream's. `token` is where to go on."""

    client: Any
    group: str
    name: str
    token: str = field(default="", init=False)

    def lines(self) -> Iterator[logs.Line]:
        """The last lines at first, then those that are new since."""
        where = {"logGroupName": self.group, "logStreamName": self.name}
        if not self.token:
            where |= {"limit": int(logs.TAIL_LINES), "startFromHead": False}
        else:
            where |= {"nextToken": self.token, "startFromHead": True}
        try:
            answer = self.client.get_log_events(**where)
        except ClientError as error:
            # A container that has not written yet.
            if error.response["Error"]["Code"] != MISSING:
                raise
            return
        self.token = answer["nextForwardToken"]
        for event in answer["events"]:
            when = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
            yield when.isoformat(timespec="milliseconds"), self.name, event["message"].rstrip("\n")


def show(stack: Stack, reason: UnreachableError, *, follow: bool, as_json: bool) -> int:
    """Print the last lines of each container; go on with new ones if `follow`.

    Raises `reason` where the stack has no logs in CloudWatch, and UserError when CloudWatch does
    not give them.
    """
    state = stack.state()
    groups = [resource["id"] for resource in resources(state) if resource["type"] == GROUP]
    if not groups:
        raise reason
    region, group = stack.setting("region"), str(groups[0])
    print(
        f"{reason.host} does not answer; these lines are from CloudWatch, log group {group}:",
        file=sys.stderr,
        flush=True,
    )
    try:
        client = boto3.client("logs", region_name=region)
        names = outputs(state).get("containers") or _names(client, group, f"{stack.prefix()}-api-")
        streams = [Stream(client, group, str(name)) for name in names]
        _print(streams, stack.prefix(), follow=follow, as_json=as_json)
    except (BotoCoreError, ClientError) as problem:
        raise UserError(
            f"{reason}\n  CloudWatch in {region} does not give the logs either: {problem}\n"
            "  Fix: log in (aws configure sso, or AWS_PROFILE=…) as a user who may read them "
            "(logs:GetLogEvents), then the same command again"
        ) from None
    return 0


def _names(client: Any, group: str, prefix: str) -> list[str]:
    """Of a first deployment that stopped halfway: it has no outputs."""
    pages = client.get_paginator("describe_log_streams").paginate(
        logGroupName=group, logStreamNamePrefix=prefix
    )
    return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]


def _print(streams: list[Stream], prefix: str, *, follow: bool, as_json: bool) -> None:
    while True:
        for when, name, text in sorted(line for stream in streams for line in stream.lines()):
            shown = text if as_json else logs.readable(when, text)
            print(f"{name.removeprefix(f'{prefix}-')} | {shown}", flush=True)
        if not follow:
            return
        time.sleep(POLL_SECONDS)
