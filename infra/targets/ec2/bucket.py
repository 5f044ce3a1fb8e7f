"""A bucket for files or their copies: the host's rights open it, no key exists."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import backing_services
from infra.ec2_config import Ec2Config

OLD_VERSIONS_DAYS = 30
UNFINISHED_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    """A bucket for `content`; `ec2.protect` decides whether it may be deleted with its objects."""

    ec2: Ec2Config
    content: str


class Bucket(pulumi.ComponentResource):
    """A private, encrypted bucket that keeps overwritten and deleted objects for a while."""

    arn: pulumi.Output[str]
    bucket: backing_services.Bucket

    def __init__(
        self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        name = f"{name}-{args.content}"
        super().__init__("taskmanager:aws:Bucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(
            name,
            force_destroy=not args.ec2.protect,
            opts=child.merge(pulumi.ResourceOptions(protect=args.ec2.protect)),
        )
        closed = aws.s3.BucketPublicAccessBlock(
            f"{name}-private",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketPolicy(
            f"{name}-tls",
            bucket=bucket.id,
            policy=bucket.arn.apply(only_by_tls),
            # AWS refuses two changes of a bucket's access at once.
            opts=child.merge(pulumi.ResourceOptions(depends_on=[closed])),
        )
        _keeping(name, bucket, child)
        self.arn = bucket.arn
        self.bucket = backing_services.Bucket(name=bucket.bucket, region=args.ec2.region)
        self.register_outputs({"bucket": bucket.bucket})


def only_by_tls(arn: str) -> str:
    """The policy that refuses every request in clear."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [arn, f"{arn}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        }
    )


def _keeping(name: str, bucket: aws.s3.Bucket, child: pulumi.ResourceOptions) -> None:
    aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption",
        bucket=bucket.id,
        rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
        opts=child,
    )
    versioning = aws.s3.BucketVersioning(
        f"{name}-versions",
        bucket=bucket.id,
        versioning_configuration={"status": "Enabled"},
        opts=child,
    )
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.id,
        rules=[
            {
                "id": "what-was-replaced-or-deleted",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "noncurrent_version_expiration": {"noncurrent_days": OLD_VERSIONS_DAYS},
                "abort_incomplete_multipart_upload": {"days_after_initiation": UNFINISHED_DAYS},
            }
        ],
        # It speaks of old versions.
        opts=child.merge(pulumi.ResourceOptions(depends_on=[versioning])),
    )
