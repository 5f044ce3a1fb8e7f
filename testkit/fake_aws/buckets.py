"""Buckets and their settings; moto stores the objects."""

import json
from typing import Any

from testkit.fake_aws.account import Account, Inputs
from testkit.fake_aws.kinds import Kind, nothing, put_again


def _bucket(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    place = {"LocationConstraint": aws.region}
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=inputs["bucket"], CreateBucketConfiguration=place)
    s3.put_bucket_tagging(Bucket=inputs["bucket"], Tagging={"TagSet": aws.tags(inputs)})
    return inputs["bucket"], {"arn": f"arn:aws:s3:::{inputs['bucket']}"}


def _delete(aws: Account, resource_id: str, state: Inputs) -> None:
    s3 = aws.client("s3")
    if state.get("forceDestroy"):
        held = s3.list_object_versions(Bucket=resource_id)
        for version in [*held.get("Versions", []), *held.get("DeleteMarkers", [])]:
            s3.delete_object(Bucket=resource_id, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=resource_id)


def _closed(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    aws.client("s3").put_public_access_block(
        Bucket=inputs["bucket"],
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": inputs["blockPublicAcls"],
            "BlockPublicPolicy": inputs["blockPublicPolicy"],
            "IgnorePublicAcls": inputs["ignorePublicAcls"],
            "RestrictPublicBuckets": inputs["restrictPublicBuckets"],
        },
    )
    return inputs["bucket"], {}


def _policy(_aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    # moto looks at no condition and would refuse everything: checked and not sent.
    json.loads(inputs["policy"])
    return inputs["bucket"], {}


def _encryption(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    algorithms = [
        rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] for rule in inputs["rules"]
    ]
    rules = [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
        for algorithm in algorithms
    ]
    aws.client("s3").put_bucket_encryption(
        Bucket=inputs["bucket"], ServerSideEncryptionConfiguration={"Rules": rules}
    )
    return inputs["bucket"], {}


def _versions(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    status = inputs["versioningConfiguration"]["status"]
    aws.client("s3").put_bucket_versioning(
        Bucket=inputs["bucket"], VersioningConfiguration={"Status": status}
    )
    return inputs["bucket"], {}


def _lifecycle(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    rules = [
        {
            "ID": rule["id"],
            "Status": rule["status"],
            "Filter": {"Prefix": rule["filter"]["prefix"]},
            "NoncurrentVersionExpiration": {
                "NoncurrentDays": int(rule["noncurrentVersionExpiration"]["noncurrentDays"])
            },
            "AbortIncompleteMultipartUpload": {
                "DaysAfterInitiation": int(
                    rule["abortIncompleteMultipartUpload"]["daysAfterInitiation"]
                )
            },
        }
        for rule in inputs["rules"]
    ]
    aws.client("s3").put_bucket_lifecycle_configuration(
        Bucket=inputs["bucket"], LifecycleConfiguration={"Rules": rules}
    )
    return inputs["bucket"], {}


KINDS = {
    # `forceDestroy` is the provider's own.
    "aws:s3/bucket:Bucket": Kind(
        create=_bucket, update=nothing, delete=_delete, autonamed="bucket"
    ),
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
