"""The parts that AWS runs, where it is asked to: never public, encrypted, protected."""

import json

import pytest

from testkit.recorded.ec2 import CACHE_PASSWORD, MANAGED, deploy, instance, variant
from testkit.recorded.program import PASSWORD, Graph, Node, unmarked
from testkit.recorded.recorder import CACHE_HOST, DATABASE_HOST

NAME = "taskmanager-prod"


@pytest.fixture(scope="module")
def graph() -> Graph:
    return variant("managed")


@pytest.fixture(scope="module")
def database(graph: Graph) -> Node:
    return graph.named(f"{NAME}-database", "rds/instance:Instance")


@pytest.fixture(scope="module")
def cache(graph: Graph) -> Node:
    return graph.named(f"{NAME}-cache", "ReplicationGroup")


@pytest.fixture(scope="module")
def bucket(graph: Graph) -> Node:
    return graph.named(f"{NAME}-uploads", "s3/bucket:Bucket")


def test_only_the_host_reaches_a_managed_part(graph: Graph, database: Node, cache: Node) -> None:
    for node, port, noun in ((database, 5432, "database"), (cache, 6379, "cache")):
        rule = graph.named(f"{NAME}-in-{noun}").inputs
        given = node.inputs.get("vpcSecurityGroupIds") or node.inputs["securityGroupIds"]
        assert given == [rule["securityGroupId"]], "another group lets other machines in"
        assert rule["referencedSecurityGroupId"] == f"{NAME}-group-id", "the host's, no addresses"
        assert (rule["fromPort"], rule["toPort"]) == (port, port)
        way_out = graph.named(f"{NAME}-out-{noun}").inputs
        assert way_out["securityGroupId"] == f"{NAME}-group-id", "the host may go out by 443 only"
        assert way_out["referencedSecurityGroupId"] == rule["securityGroupId"]


def test_managed_parts_lie_where_no_route_leads_out(graph: Graph, database: Node) -> None:
    for kind in ("rds/subnetGroup:SubnetGroup", "elasticache/subnetGroup:SubnetGroup"):
        [group] = graph.of(kind)
        assert group.inputs["subnetIds"] == [f"{NAME}-private-1-id", f"{NAME}-private-2-id"]
    subnets = [graph.named(f"{NAME}-private-{number}") for number in (1, 2)]
    assert len({node.inputs["availabilityZone"] for node in subnets}) == 2, "AWS wants two zones"
    assert not any(node.inputs.get("mapPublicIpOnLaunch") for node in subnets)
    routes = graph.named(f"{NAME}-private-routes")
    assert routes.inputs.get("routes", []) == [], "a route out is a way in"
    joined = [
        n.inputs["subnetId"]
        for n in graph.of("RouteTableAssociation")
        if n.inputs["routeTableId"] == f"{routes.name}-id"
    ]
    assert sorted(joined) == [f"{NAME}-private-1-id", f"{NAME}-private-2-id"]
    assert database.inputs["publiclyAccessible"] is False


def test_managed_data_is_encrypted_at_rest_and_on_the_way(
    graph: Graph, database: Node, cache: Node
) -> None:
    assert database.inputs["storageEncrypted"] is True
    [settings] = graph.of("ParameterGroup")
    assert {"name": "rds.force_ssl", "value": "1"} in settings.inputs["parameters"]
    assert settings.urn in database.properties["parameterGroupName"]
    assert cache.inputs["atRestEncryptionEnabled"] is True
    assert cache.inputs["transitEncryptionMode"] == "required"
    [encryption] = graph.of("BucketServerSideEncryptionConfiguration")
    assert encryption.inputs["bucket"] == f"{NAME}-uploads-id"


def test_the_bucket_is_private_versioned_and_by_tls_only(graph: Graph, bucket: Node) -> None:
    [closed] = graph.of("BucketPublicAccessBlock")
    switches = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert all(closed.inputs[name] is True for name in switches)
    [policy] = graph.of("BucketPolicy")
    [statement] = json.loads(policy.inputs["policy"])["Statement"]
    assert statement["Effect"] == "Deny"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == 2, "the bucket and what is in it"
    [versions] = graph.of("BucketVersioning")
    assert versions.inputs["versioningConfiguration"]["status"] == "Enabled"
    assert {n.inputs["bucket"] for n in (closed, policy, versions)} == {f"{bucket.name}-id"}


def test_the_host_may_use_this_bucket_and_no_other(graph: Graph) -> None:
    right = graph.named(f"{NAME}-host-files")
    statements = json.loads(right.inputs["policy"])["Statement"]
    on = {resource for each in statements for resource in each["Resource"]}
    arn = f"arn:aws:s3:::{NAME}-uploads-0a1b2c3"
    assert on == {arn, f"{arn}/*"}
    assert not any("*" in action for each in statements for action in each["Action"])


def test_no_key_to_the_bucket_is_in_a_container(graph: Graph) -> None:
    for node in graph.api:
        assert not any("ACCESS_KEY" in key for key in node.envs), "the host's rights are enough"
        assert node.inputs.get("volumes", []) == [], "an upload in two places is lost in one"


def test_the_last_copy_is_kept_where_data_is_protected(graph: Graph, database: Node) -> None:
    given = database.inputs
    assert given["deletionProtection"] is True
    assert given["skipFinalSnapshot"] is False
    assert given["finalSnapshotIdentifier"].startswith(f"final-{NAME}-database-")
    assert given["backupRetentionPeriod"] == 30, "RDS's own backups do what pgBackRest does"
    assert graph.named(f"{NAME}-uploads", "s3/bucket:Bucket").inputs["forceDestroy"] is False
    [unprotected] = deploy("dev", MANAGED).of("rds/instance:Instance")
    assert unprotected.inputs["skipFinalSnapshot"] is False, "what is taken down by mistake too"


def test_backups_are_kept_no_longer_than_rds_can() -> None:
    other = deploy("dev", {**MANAGED, "snapshotDays": "365"})
    [node] = other.of("rds/instance:Instance")
    assert node.inputs["backupRetentionPeriod"] == 35, "AWS refuses more"


def test_nothing_of_a_managed_part_runs_on_the_host(graph: Graph) -> None:
    names = {node.name.removeprefix(f"{NAME}-") for node in graph.containers}
    assert names == {"proxy", "api-1", "api-2", "api-3"}
    assert graph.of("Script") == [], "RDS itself sets the role's password"
    volumes = {n.name for n in graph.of("volume:Volume") if n.type.startswith("docker:")}
    assert volumes == {f"{NAME}-proxy-state"}


def test_another_database_is_migrated_before_anything_uses_it(graph: Graph, database: Node) -> None:
    migration = graph.named(f"{NAME}-migration")
    assert database.urn in migration.properties["database"], "its schema may be another one"
    for node in graph.api:
        assert {database.name, f"{NAME}-cache"} <= graph.needs(node)


def test_passwords_come_from_the_configuration_and_reach_both_ends(
    graph: Graph, database: Node, cache: Node
) -> None:
    assert database.inputs["password"] == PASSWORD
    assert cache.inputs["authToken"] == CACHE_PASSWORD
    assert PASSWORD not in unmarked(database.marked)
    files = {each["file"]: each["content"] for each in graph.api[0].inputs["uploads"]}
    assert f"{PASSWORD}@{DATABASE_HOST}:5432/" in files["/run/secrets/database_url"]
    assert f"rediss://:{CACHE_PASSWORD}@{CACHE_HOST}:6379/" in files["/run/secrets/redis_url"]


def test_data_in_a_managed_part_does_not_depend_on_the_machine(
    graph: Graph, database: Node, bucket: Node
) -> None:
    for node in (database, bucket):
        assert instance(graph).name not in graph.needs(node)
        assert node.dies_with == ""


@pytest.mark.parametrize(
    ("choice", "private", "rights"), [("storage", 0, True), ("database", 2, False)]
)
def test_only_what_is_asked_for_is_made(choice: str, private: int, rights: bool) -> None:
    other = deploy("dev", {choice: MANAGED[choice]})
    made = [node.name for node in other.nodes if "-private-" in node.name and "Subnet" in node.type]
    assert len([name for name in made if not name.endswith("-routes")]) == private
    assert any(node.name.endswith("-host-files") for node in other.nodes) is rights


def test_a_database_that_is_taken_down_leaves_its_last_copy_and_its_backups() -> None:
    for config in (MANAGED, {**MANAGED, "protect": "false"}):
        graph = deploy("prod", config)
        database = graph.named(f"{NAME}-database", "rds/instance:Instance")
        assert database.inputs["skipFinalSnapshot"] is False
        assert database.inputs["deleteAutomatedBackups"] is False
        assert (
            graph.of("rds/subnetGroup:SubnetGroup")[0].urn
            in (database.properties["finalSnapshotIdentifier"])
        ), "its random end makes the name another one in the stack's next life"


def test_a_database_grows_before_it_is_full_and_managed_parts_are_watched(
    graph: Graph, database: Node
) -> None:
    assert database.inputs["maxAllocatedStorage"] > database.inputs["allocatedStorage"]
    alarms = {n.name.removeprefix(f"{NAME}-"): n for n in graph.of("MetricAlarm")}
    assert database.urn in alarms["database-storage"].properties["dimensions"]
    assert alarms["database-storage"].inputs["comparisonOperator"] == "LessThanThreshold"
    assert "cache-memory" in alarms
    assert alarms["cache-memory"].inputs["dimensions"]["CacheClusterId"].endswith("-001")
