"""Rules that no change may break on AWS: closed ports, encrypted disks, secrets stay secret."""

import re

import pytest
import yaml

from infra.components.network import BRIDGE
from testkit.recorded.ec2 import CACHE_PASSWORD, VARIANTS, aws, deploy, instance, prefix, variant
from testkit.recorded.program import SECRET_VALUES, TOKEN, Graph, unmarked


@pytest.fixture(scope="module", params=sorted(VARIANTS))
def graph(request: pytest.FixtureRequest) -> Graph:
    return variant(request.param)


def test_only_web_ports_are_open_to_everyone(graph: Graph) -> None:
    rules = [node.inputs for node in graph.of("SecurityGroupIngressRule")]
    everyone = {
        (rule["fromPort"], rule["toPort"], rule["ipProtocol"])
        for rule in rules
        if rule.get("cidrIpv4") == "0.0.0.0/0" or "cidrIpv6" in rule
    }
    assert everyone == {(80, 80, "tcp"), (443, 443, "tcp")}, "everything else is for us alone"


def test_without_listed_addresses_nothing_else_is_open_at_all(graph: Graph) -> None:
    from_outside = [
        node for node in graph.of("SecurityGroupIngressRule") if "cidrIpv4" in node.inputs
    ]
    assert len(from_outside) == 2, "SSM needs no open port"


def test_ssh_is_open_to_the_listed_networks_only() -> None:
    sources = "203.0.113.7/32, 198.51.100.0/24"
    other = deploy("dev", {"access": "ssh", "sshFrom": sources})
    open_ = [
        node.inputs["cidrIpv4"]
        for node in other.of("SecurityGroupIngressRule")
        if node.inputs["fromPort"] == 22
    ]
    assert sorted(open_) == ["198.51.100.0/24", "203.0.113.7/32"]


def test_mail_leaves_by_the_ports_that_are_named_and_nothing_else_does() -> None:
    def ports(graph: Graph) -> list[int]:
        return sorted(n.inputs["fromPort"] for n in graph.of("SecurityGroupEgressRule"))

    assert ports(deploy("dev")) == [443]
    assert ports(deploy("dev", {"outboundPorts": "587, 465"})) == [443, 465, 587]


def test_rules_are_resources_of_their_own_with_a_reason(graph: Graph) -> None:
    for group in graph.of("ec2/securityGroup:SecurityGroup"):
        assert {"ingress", "egress"}.isdisjoint(group.inputs), "inline rules fight with the others"
    for rule in [*graph.of("SecurityGroupIngressRule"), *graph.of("SecurityGroupEgressRule")]:
        assert rule.inputs.get("description"), f"{rule.name}: it has no reason to be there"
        assert rule.inputs["ipProtocol"] != "-1", f"{rule.name} is every protocol and every port"


def test_the_group_of_everything_without_a_group_lets_nothing_through(graph: Graph) -> None:
    [default] = graph.of("DefaultSecurityGroup")
    assert {"ingress", "egress"}.isdisjoint(default.inputs)


def test_every_disk_is_encrypted(graph: Graph) -> None:
    assert [
        n.name for n in graph.of("ebs/volume:Volume") if n.inputs["encrypted"] is not True
    ] == []
    assert instance(graph).inputs["rootBlockDevice"]["encrypted"] is True
    assert "ebsBlockDevices" not in instance(graph).inputs, "such a disk dies with its machine"


def test_the_machines_rights_are_out_of_reach_for_containers(graph: Graph) -> None:
    options = instance(graph).inputs["metadataOptions"]
    assert options["httpTokens"] == "required", "IMDSv1 hands rights to any forged request"
    needed = 2 if graph.of("s3/bucket:Bucket") else 1
    assert options["httpPutResponseHopLimit"] == needed, "a bridge is the second hop"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, {"postgres", "backup"}),
        ({"storage": "s3"}, {"postgres", "backup", "api-1", "api-2"}),
        ({"backups": "volume"}, set()),
    ],
)
def test_only_containers_that_open_a_bucket_have_a_way_to_the_hosts_rights(
    config: dict[str, str], expected: set[str]
) -> None:
    graph = deploy("prod", {"replicas": "2", **config})
    networks = [n for n in graph.of("Network") if n.name.endswith("bucket-network")]
    names = {node.inputs["name"] for node in networks}
    with_a_way = {
        node.name.removeprefix("taskmanager-prod-")
        for node in graph.containers
        if any(entry["name"] in names for entry in node.inputs["networksAdvanced"])
    }
    assert with_a_way == expected
    for network in networks:
        assert network.inputs["options"] == {"com.docker.network.bridge.name": BRIDGE}
        assert network.inputs["name"] < "a", "Docker takes the first by name for the way out"


def test_the_hosts_firewall_closes_the_metadata_address_to_every_other_network() -> None:
    files = yaml.safe_load(str(instance(deploy("prod")).inputs["userData"]))["write_files"]
    content = {file["path"]: file["content"] for file in files}
    rule = "--destination 169.254.169.254 ! --in-interface tm-buckets --jump DROP"
    assert rule in content["/usr/local/sbin/taskmanager-firewall"]
    assert BRIDGE == "tm-buckets"
    drop_in = content["/etc/systemd/system/docker.service.d/20-metadata-address.conf"]
    assert "ExecStartPre=/usr/local/sbin/taskmanager-firewall" in drop_in, "before any container"


def test_the_hosts_key_is_born_on_the_host(graph: Graph) -> None:
    told = str(instance(graph).inputs["userData"])
    assert "PRIVATE KEY" not in told
    assert "ssh_keys" not in yaml.safe_load(told), "who may describe the instance reads it"
    assert graph.of("KeyPair") == [], "no state holds the key"


def test_nothing_secret_is_in_the_state_in_clear(graph: Graph) -> None:
    for secret in (*SECRET_VALUES, TOKEN, CACHE_PASSWORD):
        told = [node.name for node in graph.nodes if secret in unmarked(node.marked)]
        assert told == [], "all who read the state read it"
        assert secret not in unmarked(graph.exports)


def test_the_set_up_holds_no_secret(graph: Graph) -> None:
    told = instance(graph).inputs["userData"]
    assert [secret for secret in (*SECRET_VALUES, TOKEN) if secret in told] == []


def test_no_ssh_option_is_in_the_state(graph: Graph) -> None:
    given = " ".join(unmarked(node.marked) for node in graph.nodes)
    assert not re.search(r"IdentityFile|StrictHostKeyChecking|known_hosts|id_ed25519", given), (
        "a path of one machine is a difference on every other, and a key is always checked"
    )
    assert "sshOpts" not in graph.named("ec2", "providers:docker").inputs


def test_the_host_may_do_little_in_the_account(graph: Graph) -> None:
    policies = " ".join(unmarked(node.marked) for node in graph.of("iam/rolePolicy:RolePolicy"))
    assert '"Action": "*"' not in policies
    assert '"cloudwatch:PutMetricData"' in policies
    assert "ssm:GetParameter" not in policies, "with the host, its containers read what it may"
    attached = {n.inputs["policyArn"].rpartition("/")[2] for n in graph.of("RolePolicyAttachment")}
    assert attached == {"AWSDataLifecycleManagerServiceRole"}


def test_everything_in_the_account_is_tagged_and_from_one_provider(graph: Graph) -> None:
    assert {node.provider.split("::")[-2] for node in aws(graph)} == {"aws"}
    tags = str(graph.named("aws", "providers:aws").inputs["defaultTags"])
    for tag in ("Project", "Stack", "Deployment", "ManagedBy"):
        assert tag in tags, "the bill is read by tag"


def test_only_the_proxy_publishes_ports(graph: Graph) -> None:
    published = {node.name for node in graph.containers if "ports" in node.inputs}
    assert published == {f"{prefix(graph)}-proxy"}, "a published port goes past the host's rules"
