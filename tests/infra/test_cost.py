"""The printed cost of a stack is that of the resources that the program asks AWS for."""

import subprocess
import sys

import pytest

from cli.cost import parts as cost
from infra.errors import UserError
from testkit.recorded.ec2 import MANAGED, deploy, instance
from testkit.recorded.program import ROOT

# Paid for by themselves; the rest of what is made in the account is free, or goes with one of them.
PAID = {
    "aws:ec2/instance:Instance": {"host", "its own disk"},
    "aws:ebs/volume:Volume": {"data volume", "snapshots"},
    "aws:ec2/eip:Eip": {"public address"},
    "aws:cloudwatch/metricAlarm:MetricAlarm": {"watching"},
    "aws:cloudwatch/dashboard:Dashboard": {"watching"},
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": {"watching"},
    "aws:cloudwatch/logGroup:LogGroup": {"logs"},
    "aws:rds/instance:Instance": {"database"},
    "aws:elasticache/replicationGroup:ReplicationGroup": {"cache"},
}
BUCKETS = {"uploads": "files", "backups": "backups"}
FREE = (
    "aws:iam/",
    "aws:vpc/",
    "aws:dlm/",
    "aws:sns/",
    "aws:route53/record",
    "aws:ec2/vpc",
    "aws:ec2/subnet",
    "aws:ec2/internetGateway",
    "aws:ec2/route",
    "aws:ec2/securityGroup",
    "aws:ec2/defaultSecurityGroup",
    "aws:ec2/volumeAttachment",
    "aws:ec2/eipAssociation",
    "aws:rds/subnetGroup",
    "aws:rds/parameterGroup",
    "aws:elasticache/subnetGroup",
    "aws:s3/bucket",
)


@pytest.mark.parametrize("stack", ["dev", "prod"])
@pytest.mark.parametrize("managed", [{}, MANAGED], ids=["on the host", "managed"])
def test_everything_that_is_paid_for_is_counted(stack: str, managed: dict[str, str]) -> None:
    graph = deploy(stack, managed)
    found = cost.parts({**cost.settings(stack), **managed})
    made = {node.type for node in graph.nodes if node.type.startswith("aws:")}
    paid = {name for kind in made & set(PAID) for name in PAID[kind]}
    paid |= {BUCKETS[node.name.split("-")[-1]] for node in graph.of("s3/bucket:Bucket")}
    assert {part.name for part in found} == paid
    unknown = [kind for kind in made if kind not in PAID and not kind.startswith(FREE)]
    assert unknown == [], "free, or a surprise on the bill?"
    watching = next(part for part in found if part.name == "watching")
    assert f"{len(graph.of('MetricAlarm'))} alarms" in watching.amount
    read = len(graph.of("LogMetricFilter"))
    assert (
        f"{cost.METRICS + read} metrics, {len(graph.of('dashboard:Dashboard'))} dashboard"
        in watching.amount
    )
    assert instance(graph).inputs["rootBlockDevice"]["volumeSize"] == cost.ROOT_GIB
    assert all(part.monthly > 0 for part in found)


def test_the_possible_cost_of_credits_is_said_where_they_are_not_limited() -> None:
    given = cost.settings("dev")
    assert "+58.40 $ if busy all month" in cost.parts(given)[0].amount
    assert cost.parts({**given, "cpuCredits": "standard"})[0].amount == "t3.small"


def test_a_larger_disk_costs_more() -> None:
    given = cost.settings("dev")
    small, large = (cost.parts({**given, "volumeSize": size}) for size in (10, 20))
    assert sum(p.monthly for p in large) > sum(p.monthly for p in small)


@pytest.mark.parametrize(
    ("key", "value"), [("region", "mars-1"), ("instanceType", "x9.huge"), ("cacheNode", "cache.x")]
)
def test_a_type_without_a_price_is_named_with_the_place_to_add_it(key: str, value: str) -> None:
    given = {**cost.settings("prod"), **MANAGED, key: value}
    with pytest.raises(UserError) as caught:
        cost.parts(given)
    assert f'taskmanager:{key} is "{value}"' in str(caught.value)
    assert "cli/cost/prices.yaml" in str(caught.value)


def test_the_command_ends_with_the_sum_and_a_local_stack_is_told_that_it_costs_nothing() -> None:
    command = [sys.executable, "-m", "cli", "cost", "-s"]
    done = subprocess.run([*command, "prod"], check=True, capture_output=True, text=True, cwd=ROOT)
    total = sum(part.monthly for part in cost.parts(cost.settings("prod")))
    assert f"{total:.2f} $" in done.stdout
    wrong = subprocess.run(
        [*command, "local"], check=False, capture_output=True, text=True, cwd=ROOT
    )
    assert wrong.returncode == 1
    assert "make cost STACK=prod" in wrong.stderr
