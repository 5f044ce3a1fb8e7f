# The AWS SDK has no types of its own.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
"""A bucket for Pulumi's state.

A bucket (versioned, encrypted, by TLS only, never public) and the key that encrypts the secrets in
it. It can be run again: existing parts stay, and changes made by hand are put right.
"""

import json
import os
from typing import Any

import boto3
import yaml
from botocore.exceptions import BotoCoreError, ClientError

from infra import project
from infra.errors import UserError

KEY_ALIAS = "alias/taskmanager-state"
OLD_STATES_DAYS = 90


def main(stack: str) -> int:
    """Make both in the account and region of `stack`, and print the next commands.

    Raises UserError when AWS refuses.
    """
    try:
        return _make(stack, _region(stack))
    except (BotoCoreError, ClientError) as problem:
        raise UserError(
            f"AWS refused: {problem}\n  Fix: log in (aws configure sso, or AWS_PROFILE=…) as one "
            "who may make buckets and keys (docs/aws.md), then the same command again"
        ) from problem


def _make(stack: str, region: str) -> int:
    session: Any = boto3.Session(region_name=region)
    account = session.client("sts").get_caller_identity()["Account"]
    bucket = f"taskmanager-state-{account}-{region}"
    key = _key(session.client("kms"), KEY_ALIAS, "The Pulumi states of taskmanager")
    # A key for each stack: who may decrypt one stack's secrets cannot decrypt another's.
    secrets = f"{KEY_ALIAS}-{stack}"
    _key(session.client("kms"), secrets, f"Secrets of taskmanager's stack {stack}")
    made = _bucket(session.client("s3"), bucket, region=region, key=key)
    print(
        f"State bucket {bucket} {'made' if made else 'was there, its settings are right'}.\n\n"
        "Next, in this folder (docs/state.md says more):\n"
        f"  export STATE_URL='s3://{bucket}?region={region}&awssdk=v2'   # in every shell\n"
        "  . .local/env\n"
        f"  pulumi login 's3://{bucket}?region={region}&awssdk=v2'\n"
        f"  pulumi stack init {stack} "
        f"--secrets-provider='awskms://{secrets}?region={region}&awssdk=v2'\n"
        f"  git add Pulumi.{stack}.yaml   # it names the key now; commit it after each config set"
    )
    return 0


def _region(stack: str) -> str:
    file = project.root() / f"Pulumi.{stack}.yaml"
    content: dict[str, Any] = yaml.safe_load(file.read_text()) if file.exists() else {}
    settings: dict[str, str] = content.get("config", {})
    region = settings.get("taskmanager:region") or os.environ.get("AWS_REGION", "")
    if not region:
        raise UserError(
            f"Stack {stack!r} names no region, so the region of its state is unknown.\n"
            "  Fix: make bootstrap-state STACK=prod (or dev), or set AWS_REGION"
        )
    return region


def _key(kms: Any, name: str, purpose: str) -> str:
    """The id of the key that the alias `name` names, made if there is none."""
    for page in kms.get_paginator("list_aliases").paginate():
        for alias in page["Aliases"]:
            if alias["AliasName"] == name:
                return str(alias["TargetKeyId"])
    made = kms.create_key(Description=purpose)
    key = str(made["KeyMetadata"]["KeyId"])
    kms.enable_key_rotation(KeyId=key)
    kms.create_alias(AliasName=name, TargetKeyId=key)
    return key


def _bucket(s3: Any, bucket: str, *, region: str, key: str) -> bool:
    """Make the bucket as it should be; whether it was not there yet."""
    made = _create(s3, bucket, region)
    s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
    )
    s3.put_bucket_policy(Bucket=bucket, Policy=_by_tls_only(bucket))
    encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rule = {"ApplyServerSideEncryptionByDefault": encryption, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": [_old_states()]}
    )
    return made


def _create(s3: Any, bucket: str, region: str) -> bool:
    # The one region that may not be named.
    place = {"LocationConstraint": region}
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": place}
    try:
        s3.head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] != "404":
            raise
    else:
        return False
    s3.create_bucket(Bucket=bucket, **where)
    return True


def _by_tls_only(bucket: str) -> str:
    arn = f"arn:aws:s3:::{bucket}"
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _old_states() -> dict[str, Any]:
    return {
        "ID": "old-states",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_STATES_DAYS},
    }
