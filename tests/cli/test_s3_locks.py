"""A lock that a killed deployment left in S3 names its owner and the command that removes it."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli import recovery
from cli.stack import Stack
from infra.errors import UserError

BUCKET = "taskmanager-state-123456789012-eu-central-1"
STATE = f"s3://{BUCKET}?region=eu-central-1&awssdk=v2"
LOCK = {
    "pid": 2112,
    "username": "runner",
    "hostname": "runnervm-1",
    "timestamp": "2026-11-26T08:00:00Z",
}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("PULUMI_BACKEND_URL", STATE)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        s3 = boto3.client("s3", region_name="eu-central-1")
        place: Any = {"LocationConstraint": "eu-central-1"}
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        yield s3


def locked(s3: Any, stack: str) -> None:
    key = f".pulumi/locks/organization/taskmanager/{stack}/0a1b.json"
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(LOCK).encode())


def test_the_owner_of_the_lock_and_the_way_out_are_said(bucket: Any) -> None:
    locked(bucket, "prod")
    with pytest.raises(UserError) as caught:
        recovery.refuse_under_way(Stack("prod"))
    said = str(caught.value)
    assert "by runner on runnervm-1 (state in S3) (process 2112), since 08:00:00 UTC" in said
    assert "`pulumi cancel --stack prod`" in said


def test_the_lock_of_another_stack_holds_nothing_up(bucket: Any) -> None:
    locked(bucket, "dev")
    assert recovery.refuse_under_way(Stack("prod")) == []


def test_a_bucket_that_cannot_be_read_is_left_to_pulumi(bucket: Any) -> None:
    bucket.delete_bucket(Bucket=BUCKET)
    assert recovery.refuse_under_way(Stack("prod")) == []
