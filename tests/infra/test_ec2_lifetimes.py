"""Lifetimes on AWS: data outlives machines, and nothing is replaced unasked."""

from typing import Any

import pulumi
import pytest

from infra.errors import UserError
from infra.targets.ec2.network import suitable
from testkit.recorded.ec2 import VARIANTS, deploy, instance, on_host, prefix, variant
from testkit.recorded.program import Graph
from testkit.recorded.steps import step


@pytest.fixture(scope="module", params=sorted(VARIANTS))
def graph(request: pytest.FixtureRequest) -> Graph:
    return variant(request.param)


def test_data_does_not_depend_on_the_machines_life(graph: Graph) -> None:
    [volume] = graph.of("ebs/volume:Volume")
    machine = instance(graph)
    assert machine.name not in graph.needs(volume), "a new machine must find the old data"
    assert volume.dies_with == "", "deleting the machine must leave it"
    assert volume.replaced_with == []
    assert volume.inputs["finalSnapshot"] is True


def test_data_that_cannot_be_made_again_is_protected_in_prod_only() -> None:
    host = {"taskmanager-prod-data", "taskmanager-prod-address"}
    backups = {"taskmanager-prod-backups"}
    managed = {"taskmanager-prod-database", "taskmanager-prod-uploads"}
    for name, expected in (("dev", set()), ("prod", host | backups), ("managed", host | managed)):
        guarded = {node.name for node in variant(name).nodes if node.protected}
        assert guarded == expected, f"{name}: protection blocks replacement too"


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


@pytest.mark.parametrize("name", ["volumeSize", "databaseSize"])
def test_a_smaller_size_is_refused_before_anything_changes(name: str) -> None:
    graph = variant("managed")
    [node] = [n for n in graph.of("GrowingSize") if n.inputs["setting"] == f"taskmanager:{name}"]
    provider, _ = step(graph, "GrowingSize")
    state: Any = provider.create(node.inputs).outs
    assert provider.diff("id", state, {**node.inputs, "gib": 4096}).changes
    with pytest.raises(UserError, match=f"taskmanager:{name} is 1; accepted: .* or more"):
        provider.diff("id", state, {**node.inputs, "gib": 1})


def test_set_up_does_not_begin_before_its_way_to_the_internet_and_its_rights(graph: Graph) -> None:
    needed = graph.needs(instance(graph))
    for noun in ("subnet-1-routes", "host-metrics", "host-sessions"):
        assert f"{prefix(graph)}-{noun}" in needed, "set-up would begin without it"


def test_the_host_is_in_a_zone_that_has_its_type() -> None:
    zones, offered = ["eu-central-1a", "eu-central-1b"], ["eu-central-1b"]
    assert suitable("t4g.medium", zones, offered) == ["eu-central-1b", "eu-central-1a"]
    with pytest.raises(pulumi.RunError, match=r"No zone of this region offers t4g\.medium"):
        suitable("t4g.medium", zones, [])


def test_the_last_copy_of_the_disk_may_take_its_time(graph: Graph) -> None:
    [volume] = graph.of("ebs/volume:Volume")
    assert volume.request.customTimeouts.delete == "3h", "the provider gives up after 10 minutes"


def test_other_users_are_a_new_machine_that_the_preview_shows(graph: Graph) -> None:
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
    ready = graph.named(f"{prefix(graph)}-ready")
    needed = graph.needs(ready)
    for noun in ("instance", "data-attachment", "address-association"):
        assert f"{prefix(graph)}-{noun}" in needed, f"ready does not wait for the {noun}"
    for node in on_host(graph):
        assert ready.name in graph.needs(node), f"{node.name} would find a closed port"
    for node in [*graph.of("Script"), *graph.of("Migration"), *graph.of("Switch")]:
        assert ready.urn in node.properties["endpoint"], f"{node.name} would be too early"


def test_the_engines_provider_does_not_change_with_the_machine(graph: Graph) -> None:
    provider = graph.named("ec2", "providers:docker")
    assert "instance" not in str(provider.properties["host"]), "the address outlives the machine"


def test_an_unhealthy_machine_recovers_by_itself_and_sends_an_alarm() -> None:
    other = deploy("prod", {"alarmEmail": "on-call@example.com"})
    actions = {node.name: str(node.inputs["alarmActions"]) for node in other.of("MetricAlarm")}
    assert "ec2:recover" in actions["taskmanager-prod-hardware"]
    assert "ec2:reboot" in actions["taskmanager-prod-system"]
    [topic] = other.of("sns/topic:Topic")
    for node in other.of("MetricAlarm"):
        assert topic.urn in node.properties["alarmActions"], f"{node.name} sends no mail"


def test_a_failed_maintenance_is_an_alarm(graph: Graph) -> None:
    alarm = graph.named(f"{prefix(graph)}-maintenance").inputs
    assert (alarm["metricName"], alarm["threshold"]) == ("maintenance_failures", 0)
    assert alarm["treatMissingData"] == "notBreaching", "it is reported once a week"


def test_every_alarm_looks_as_often_as_its_metric_comes(graph: Graph) -> None:
    credits = graph.named(f"{prefix(graph)}-cpu-credits").inputs
    assert credits["period"] == 300, "EC2 reports credits every five minutes"


def test_credits_beyond_the_baseline_are_a_setting() -> None:
    for value in ("unlimited", "standard"):
        given = instance(deploy("dev", {"cpuCredits": value})).inputs
        assert given["creditSpecification"] == {"cpuCredits": value}
    other = instance(deploy("dev", {"instanceType": "m7i.large"})).inputs
    assert "creditSpecification" not in other, "a type without credits is refused with them"


def test_a_burstable_machine_is_watched_for_its_credits() -> None:
    assert deploy("dev").named("taskmanager-dev-cpu-credits")
    other = deploy("dev", {"instanceType": "m7i.large"})
    assert not [node for node in other.nodes if node.name.endswith("cpu-credits")], "it has none"
