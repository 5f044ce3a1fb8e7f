"""Buckets and their settings; moto stores the objects."""

import json
from typing import Any

from testkit.fake_aws.account import Account, Inputs
from testkit.fake_aws.kinds import Kind, put_again


def _bucket(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    place = {"LocationConstraint": aws.region}
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=given["bucket"], CreateBucketConfiguration=place)
    s3.put_bucket_tagging(Bucket=given["bucket"], Tagging={"TagSet": aws.tags(given)})
    return given["bucket"], {"arn": f"arn:aws:s3:::{given['bucket']}"}


def _delete(aws: Account, made: str, state: Inputs) -> None:
    s3 = aws.client("s3")
    if state.get("forceDestroy"):
        held = s3.list_object_versions(Bucket=made)
        for each in [*held.get("Versions", []), *held.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=made, Key=each["Key"], VersionId=each["VersionId"])
    s3.delete_bucket(Bucket=made)


def _closed(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    aws.client("s3").put_public_access_block(
        Bucket=given["bucket"],
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": given["blockPublicAcls"],
            "BlockPublicPolicy": given["blockPublicPolicy"],
            "IgnorePublicAcls": given["ignorePublicAcls"],
            "RestrictPublicBuckets": given["restrictPublicBuckets"],
        },
    )
    return given["bucket"], {}


def _policy(_aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    # moto looks at no condition and would refuse everything: checked and not sent.
    json.loads(given["policy"])
    return given["bucket"], {}


def _encryption(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    algorithms = [
        each["applyServerSideEncryptionByDefault"]["sseAlgorithm"] for each in given["rules"]
    ]
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": each}} for each in algorithms]
    aws.client("s3").put_bucket_encryption(
        Bucket=given["bucket"], ServerSideEncryptionConfiguration={"Rules": rules}
    )
    return given["bucket"], {}


def _versions(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    status = given["versioningConfiguration"]["status"]
    aws.client("s3").put_bucket_versioning(
        Bucket=given["bucket"], VersioningConfiguration={"Status": status}
    )
    return given["bucket"], {}


def _lifecycle(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    rules = [
        {
            "ID": each["id"],
            "Status": each["status"],
            "Filter": {"Prefix": each["filter"]["prefix"]},
            "NoncurrentVersionExpiration": {
                "NoncurrentDays": int(each["noncurrentVersionExpiration"]["noncurrentDays"])
            },
            "AbortIncompleteMultipartUpload": {
                "DaysAfterInitiation": int(
                    each["abortIncompleteMultipartUpload"]["daysAfterInitiation"]
                )
            },
        }
        for each in given["rules"]
    ]
    aws.client("s3").put_bucket_lifecycle_configuration(
        Bucket=given["bucket"], LifecycleConfiguration={"Rules": rules}
    )
    return given["bucket"], {}


KINDS = {
    "aws:s3/bucket:Bucket": Kind(create=_bucket, delete=_delete, autonamed="bucket"),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": Kind(
        create=_closed, update=put_again(_closed)
    ),
    "aws:s3/bucketPolicy:BucketPolicy": Kind(create=_policy, update=put_again(_policy)),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": Kind(
        create=_encryption, update=put_again(_encryption)
    ),
    "aws:s3/bucketVersioning:BucketVersioning": Kind(create=_versions, update=put_again(_versions)),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": Kind(
        create=_lifecycle, update=put_again(_lifecycle)
    ),
}
