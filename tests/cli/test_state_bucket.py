"""The place of the state, made in an account that moto plays."""

import json
import subprocess
import sys

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from moto import mock_aws

from cli import state_bucket
from infra.errors import UserError

BUCKET = "taskmanager-state-123456789012-eu-central-1"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield boto3.Session(region_name="eu-central-1")


def test_the_bucket_is_private_encrypted_versioned_and_by_tls_only(account) -> None:
    state_bucket.main("prod")
    s3 = account.client("s3")
    closed = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert set(closed.values()) == {True}
    [rule] = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    key = account.client("kms").describe_key(KeyId="alias/taskmanager-state")["KeyMetadata"]
    assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == key["KeyId"]
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled", "a state can be undone"
    [statement] = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Condition"]) == (
        "Deny",
        {"Bool": {"aws:SecureTransport": "false"}},
    )


def test_a_second_run_makes_nothing_new_and_mends_what_was_changed(account, capsys) -> None:
    state_bucket.main("prod")
    s3, kms = account.client("s3"), account.client("kms")
    s3.delete_public_access_block(Bucket=BUCKET)
    keys = len(kms.list_keys()["Keys"])
    state_bucket.main("prod")
    assert "was there" in capsys.readouterr().out.rpartition("State bucket")[2]
    assert len(kms.list_keys()["Keys"]) == keys, "secrets of the first could not be read"
    assert s3.get_public_access_block(Bucket=BUCKET)


def test_it_ends_with_the_commands_that_use_it(account, capsys) -> None:
    state_bucket.main("prod")
    said = capsys.readouterr().out
    assert f"export STATE_URL='s3://{BUCKET}?region=eu-central-1&awssdk=v2'" in said
    assert f"pulumi login 's3://{BUCKET}?region=eu-central-1&awssdk=v2'" in said
    assert (
        "pulumi stack init prod --secrets-provider="
        "'awskms://alias/taskmanager-state-prod?region=eu-central-1&awssdk=v2'" in said
    )


def test_each_stack_has_a_key_of_its_own_for_its_secrets(account, capsys) -> None:
    kms = account.client("kms")
    for stack in ("dev", "prod"):
        state_bucket.main(stack)
    aliases = {a["AliasName"]: a["TargetKeyId"] for a in kms.list_aliases()["Aliases"]}
    own = [aliases[f"alias/taskmanager-state-{stack}"] for stack in ("dev", "prod")]
    assert len({*own, aliases["alias/taskmanager-state"]}) == 3
    assert "git add Pulumi.prod.yaml" in capsys.readouterr().out, "other clones need its key's name"


def test_a_stack_without_a_region_is_told_which_would_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    with pytest.raises(UserError, match="make bootstrap-state STACK=prod"):
        state_bucket.main("local")


def test_a_bucket_that_may_not_be_looked_at_is_not_taken_for_missing(account, monkeypatch) -> None:
    # A bucket of that name in another account answers 403.
    class Foreign:
        def head_bucket(self, **_: str) -> None:
            raise ClientError({"Error": {"Code": "403", "Message": "Forbidden"}}, "HeadBucket")

    with pytest.raises(ClientError, match="Forbidden"):
        state_bucket._create(Foreign(), BUCKET, "eu-central-1")


def test_no_login_is_one_line_and_what_to_do() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cli", "state-bucket", "-s", "prod"],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "AWS_EC2_METADATA_DISABLED": "true", "HOME": "/nonexistent"},
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert str(NoCredentialsError()) in done.stderr
    assert "Fix: log in" in done.stderr
