# The AWS SDK has no types of its own.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
"""The locks of a state in S3: who says to be changing a stack, as Pulumi writes it down there."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError


def read(url: str, stack: str) -> Iterator[dict[str, Any]]:
    """The locks of `stack` in the state at `url` (`s3://bucket/folder?region=…`).

    What cannot be read is no lock here: Pulumi asks for the same with the same rights, and says
    what it lacks.
    """
    parts = urlsplit(url)
    region = parse_qs(parts.query).get("region", [None])[0]
    s3 = boto3.client("s3", region_name=region)
    prefix = "/".join(part for part in (parts.path.strip("/"), ".pulumi/locks/") if part)
    try:
        for page in s3.get_paginator("list_objects_v2").paginate(
            Bucket=parts.netloc, Prefix=prefix
        ):
            for entry in page.get("Contents", []):
                if entry["Key"].split("/")[-2] == stack and entry["Key"].endswith(".json"):
                    body = s3.get_object(Bucket=parts.netloc, Key=entry["Key"])["Body"]
                    yield json.loads(body.read())
    except (BotoCoreError, ClientError, ValueError):
        return
