"""What no later change may undo on AWS: closed ports, encrypted disks, data that stays."""

import re

import pytest

from tests.infra.ec2 import STACKS, aws, deploy
from tests.infra.graph import HOST_KEY, SECRET_VALUES, TOKEN, Graph, Node, unmarked

# The providers have none; only what is on the host dies with it.
ON_HOST = ("docker:index/", "pulumi-python:dynamic/taskmanager:")
BEFORE_HOST = ("KeyPair", "HostReady", "index/image:Image")


@pytest.fixture(scope="module", params=STACKS)
def graph(request: pytest.FixtureRequest) -> Graph:
    return deploy(request.param)


def instance(graph: Graph) -> Node:
    [node] = graph.of("ec2/instance:Instance")
    return node


def on_host(graph: Graph) -> list[Node]:
    return [
        node
        for node in graph.nodes
        if node.type.startswith(ON_HOST) and not node.type.endswith(BEFORE_HOST)
    ]


def test_only_web_ports_are_open_to_everyone(graph: Graph) -> None:
    rules = [node.inputs for node in graph.of("SecurityGroupIngressRule")]
    everyone = {
        (rule["fromPort"], rule["toPort"], rule["ipProtocol"])
        for rule in rules
        if rule.get("cidrIpv4") == "0.0.0.0/0" or "cidrIpv6" in rule
    }
    assert everyone == {(80, 80, "tcp"), (443, 443, "tcp")}, "everything else is for us alone"


def test_without_listed_addresses_nothing_else_is_open_at_all(graph: Graph) -> None:
    assert len(graph.of("SecurityGroupIngressRule")) == 2, "SSM needs no open port"


def test_ssh_is_open_to_the_listed_networks_only() -> None:
    sources = "203.0.113.7/32, 198.51.100.0/24"
    other = deploy("dev", {"access": "ssh", "sshFrom": sources})
    open_ = [
        node.inputs["cidrIpv4"]
        for node in other.of("SecurityGroupIngressRule")
        if node.inputs["fromPort"] == 22
    ]
    assert sorted(open_) == ["198.51.100.0/24", "203.0.113.7/32"]


def test_rules_are_resources_of_their_own_with_a_reason(graph: Graph) -> None:
    for group in graph.of("ec2/securityGroup:SecurityGroup"):
        assert {"ingress", "egress"}.isdisjoint(group.inputs), "inline rules fight with the others"
    for rule in [*graph.of("SecurityGroupIngressRule"), *graph.of("SecurityGroupEgressRule")]:
        assert rule.inputs.get("description"), f"{rule.name}: nobody dares to close what has no why"
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
    assert options["httpPutResponseHopLimit"] == 1, "a bridge is the second hop"


def test_data_does_not_depend_on_the_machines_life(graph: Graph) -> None:
    [volume] = graph.of("ebs/volume:Volume")
    machine = instance(graph)
    assert machine.name not in graph.needs(volume), "a new machine must find the old data"
    assert volume.dies_with == "", "deleting the machine must leave it"
    assert volume.replaced_with == []
    assert volume.inputs["finalSnapshot"] is True


def test_what_cannot_be_made_again_is_protected_in_prod_only() -> None:
    for stack, expected in (
        ("dev", set()),
        ("prod", {"taskmanager-prod-data", "taskmanager-prod-address"}),
    ):
        guarded = {node.name for node in deploy(stack).nodes if node.protected}
        assert guarded == expected, f"{stack}: protection blocks replacement too"


def test_the_disk_is_copied_every_day(graph: Graph) -> None:
    [volume] = graph.of("ebs/volume:Volume")
    [policy] = graph.of("LifecyclePolicy")
    details = policy.inputs["policyDetails"]
    assert details["targetTags"].items() <= volume.inputs["tags"].items(), "it would copy nothing"
    assert details["schedules"][0]["createRule"]["interval"] == 24
    assert policy.inputs["state"] == "ENABLED"


def test_the_machine_lets_go_of_the_disk_before_the_next_one_takes_it(graph: Graph) -> None:
    [attachment] = graph.of("VolumeAttachment")
    assert instance(graph).delete_before_replace is True
    assert attachment.delete_before_replace is True
    assert attachment.inputs["stopInstanceBeforeDetaching"] is True, "Postgres writes to the end"
    assert "forceDetach" not in attachment.inputs, "that is how data is lost"


def test_a_newer_image_replaces_no_machine_unasked(graph: Graph) -> None:
    assert list(instance(graph).request.ignoreChanges) == ["ami"]
    asked = deploy("dev", {"ami": "ami-0fedcba9876543210"})
    assert list(instance(asked).request.ignoreChanges) == []
    assert instance(asked).inputs["ami"] == "ami-0fedcba9876543210"


def test_a_changed_set_up_is_a_new_machine_that_the_preview_shows(graph: Graph) -> None:
    assert instance(graph).inputs["userDataReplaceOnChange"] is True, (
        "otherwise the machine restarts for nothing: set-up runs once"
    )


def test_a_new_machine_brings_everything_on_it_back(graph: Graph) -> None:
    machine = instance(graph).urn
    for node in on_host(graph):
        assert node.dies_with == machine, f"{node.name}: a dead machine could not be destroyed"
        assert node.replaced_with == [], "the engine deletes what that names in no order"
    for node in [*graph.containers, *graph.of("Network"), *graph.of("RemoteImage")]:
        if node.type.startswith("docker:"):
            key = "triggers" if node.type.endswith("RemoteImage") else "labels"
            assert machine in node.properties[key], f"{node.name}: the state thinks it is there"


def test_volumes_are_on_the_disk_and_stay_when_the_machine_goes(graph: Graph) -> None:
    machine = instance(graph).urn
    for node in graph.of("volume:Volume"):
        if node.type.startswith("docker:"):
            assert not any(machine in urns for urns in node.properties.values()), node.name


def test_nothing_touches_the_host_before_it_is_ready(graph: Graph) -> None:
    ready = graph.named(f"{_prefix(graph)}-ready")
    needed = graph.needs(ready)
    for noun in ("instance", "data-attachment", "address-association", "host-key"):
        assert f"{_prefix(graph)}-{noun}" in needed, f"ready does not wait for the {noun}"
    for node in on_host(graph):
        assert ready.name in graph.needs(node), f"{node.name} would find a closed port"
    for job in ("Script", "Migration", "Switch"):
        [node] = graph.of(job)
        assert ready.urn in node.properties["endpoint"], f"{node.name} would be too early"


def test_the_engines_provider_does_not_change_with_the_machine(graph: Graph) -> None:
    provider = graph.named("ec2", "providers:docker")
    assert "instance" not in str(provider.properties["host"]), "the address outlives the machine"


def test_a_host_key_is_pinned_and_its_private_half_stays_secret(graph: Graph) -> None:
    [pair] = graph.of("KeyPair")
    assert list(pair.request.additionalSecretOutputs) == ["private_key"]
    assert HOST_KEY in str(instance(graph).inputs["userData"]), "the host would make up its own"
    assert "AAAAhostkey" in graph.named(f"{_prefix(graph)}-ready").inputs["hostKey"]


def test_nothing_secret_is_in_the_state_in_clear(graph: Graph) -> None:
    for secret in (*SECRET_VALUES, HOST_KEY, TOKEN):
        told = [node.name for node in graph.nodes if secret in unmarked(node.marked)]
        assert told == [], "whoever reads the state reads it"
        assert secret not in unmarked(graph.exports)


def test_the_set_up_holds_no_secret_but_the_hosts_own_key(graph: Graph) -> None:
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
    attached = {n.inputs["policyArn"].rpartition("/")[2] for n in graph.of("RolePolicyAttachment")}
    assert attached == {"AmazonSSMManagedInstanceCore", "AWSDataLifecycleManagerServiceRole"}


def test_everything_in_the_account_is_tagged_and_from_one_provider(graph: Graph) -> None:
    assert {node.provider.split("::")[-2] for node in aws(graph)} == {"aws"}
    tags = str(graph.named("aws", "providers:aws").inputs["defaultTags"])
    for tag in ("Project", "Stack", "Deployment", "ManagedBy"):
        assert tag in tags, "the bill is read by tag"


def test_only_the_proxy_publishes_ports(graph: Graph) -> None:
    published = {node.name for node in graph.containers if "ports" in node.inputs}
    assert published == {f"{_prefix(graph)}-proxy"}, "a published port goes past the host's rules"


def test_a_machine_that_is_unwell_mends_itself_and_tells_somebody() -> None:
    other = deploy("prod", {"alarmEmail": "on-call@example.com"})
    actions = {node.name: str(node.inputs["alarmActions"]) for node in other.of("MetricAlarm")}
    assert "ec2:recover" in actions["taskmanager-prod-hardware"]
    assert "ec2:reboot" in actions["taskmanager-prod-system"]
    [topic] = other.of("sns/topic:Topic")
    for node in other.of("MetricAlarm"):
        assert topic.urn in node.properties["alarmActions"], f"{node.name} tells nobody"


def test_a_burstable_machine_is_watched_for_its_credits() -> None:
    assert deploy("dev").named("taskmanager-dev-cpu-credits")
    other = deploy("dev", {"instanceType": "m7i.large"})
    assert not [node for node in other.nodes if node.name.endswith("cpu-credits")], "it has none"


def _prefix(graph: Graph) -> str:
    return instance(graph).name.removesuffix("-instance")
