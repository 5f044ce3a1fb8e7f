"""Backups that leave the host: a bucket of their own, by the host's rights, kept from harm."""

import json

import pytest

from testkit.recorded.ec2 import deploy, instance
from testkit.recorded.program import Graph

NAME = "taskmanager-dev"


@pytest.fixture(scope="module")
def graph() -> Graph:
    return deploy("dev", {"backups": "s3"})


def test_the_database_and_the_schedule_write_to_the_same_bucket(graph: Graph) -> None:
    bucket = graph.named(f"{NAME}-backups", "s3/bucket:Bucket")
    settings = {
        each["content"]
        for noun in ("postgres", "backup")
        for each in graph.named(f"{NAME}-{noun}", "Container").inputs["uploads"]
        if each["file"].endswith("pgbackrest.conf")
    }
    [said] = settings
    lines = said.splitlines()
    assert "repo1-type=s3" in lines
    assert f"repo1-s3-bucket={bucket.name}-0a1b2c3" in lines
    assert "repo1-cipher-type=aes-256-cbc" in lines, "who reads the bucket must not read the data"
    copies = graph.named(f"{NAME}-backup", "Container").envs["RESTIC_REPOSITORY"]
    assert copies == f"s3:https://s3.eu-central-1.amazonaws.com/{bucket.name}-0a1b2c3/restic"


def test_no_copy_can_be_taken_for_ever_by_whoever_is_on_the_host(graph: Graph) -> None:
    right = graph.named(f"{NAME}-host-files")
    actions = {
        a for each in json.loads(right.inputs["policy"])["Statement"] for a in each["Action"]
    }
    assert "s3:DeleteObjectVersion" not in actions
    [versions] = graph.of("BucketVersioning")
    assert versions.inputs["versioningConfiguration"]["status"] == "Enabled"


def test_a_bucket_needs_the_hosts_rights_in_containers_and_a_volume_does_not(graph: Graph) -> None:
    hops = "httpPutResponseHopLimit"
    assert instance(graph).inputs["metadataOptions"][hops] == 2
    assert instance(deploy("dev")).inputs["metadataOptions"][hops] == 1, "no container may ask"


def test_a_database_of_rds_has_no_bucket_for_its_backups() -> None:
    assert deploy("dev", {"backups": "s3", "database": "rds"}).of("s3/bucket:Bucket") == []
