"""Alarms on the host: the mail they send, and the repairs that AWS starts by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.ec2_config import Ec2Config
from infra.targets.ec2.identity import METRICS

GIBIBYTE = 1 << 30
DATA = "/var/lib/taskmanager/data"


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    """The machine and the managed parts are watched; `ec2.alarm_email` is told, if not empty.

    `database_id` and `cache_id` are None where the host runs them.
    """

    ec2: Ec2Config
    instance_id: pulumi.Input[str]
    database_id: pulumi.Input[str] | None
    cache_id: pulumi.Input[str] | None


class Alarms(pulumi.ComponentResource):
    """Alarms on the host; the machine's own faults also mend themselves."""

    def __init__(
        self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:aws:Alarms", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        topic = _topic(name, args.ec2.alarm_email, child)
        for noun, settings in _all_watched(args).items():
            mending = settings.pop("mending", None)
            mended = [f"arn:aws:automate:{args.ec2.region}:ec2:{mending}"] if mending else []
            aws.cloudwatch.MetricAlarm(
                f"{name}-{noun}",
                alarm_actions=[*topic, *mended],
                ok_actions=topic,
                **settings,
                opts=child,
            )
        self.register_outputs({})


def _topic(name: str, email: str, child: pulumi.ResourceOptions) -> list[pulumi.Output[str]]:
    if not email:
        return []
    topic = aws.sns.Topic(f"{name}-alarms", opts=child)
    aws.sns.TopicSubscription(
        f"{name}-alarms-email", topic=topic.arn, protocol="email", endpoint=email, opts=child
    )
    return [topic.arn]


def _all_watched(args: AlarmsArgs) -> dict[str, dict[str, Any]]:
    watched = _host(args.ec2, args.instance_id)
    if args.database_id is not None:
        watched |= _database(args.database_id)
    if args.cache_id is not None:
        watched |= _cache(args.cache_id)
    return watched


def _host(ec2: Ec2Config, instance_id: pulumi.Input[str]) -> dict[str, dict[str, Any]]:
    host = {"InstanceId": instance_id}
    system = {"namespace": "AWS/EC2", "metric_name": "StatusCheckFailed_System"}
    instance = {"namespace": "AWS/EC2", "metric_name": "StatusCheckFailed_Instance"}
    credits = {"namespace": "AWS/EC2", "metric_name": "CPUCreditBalance"}
    disk = {"namespace": METRICS, "metric_name": "disk_used_percent"}
    memory = {"namespace": METRICS, "metric_name": "mem_used_percent"}
    failures = {"namespace": METRICS, "metric_name": "maintenance_failures"}
    watched = {
        "hardware": {**_above(0, host, system, minutes=2), "mending": "recover"},
        "system": {**_above(0, host, instance, minutes=3), "mending": "reboot"},
        "memory": _above(90, host, memory, minutes=15),
        "disk-root": _above(80, {**host, "path": "/"}, disk, minutes=15),
        "disk-data": _above(80, {**host, "path": DATA}, disk, minutes=15),
        # Reported once a week.
        "maintenance": {
            **_above(0, host, failures, minutes=5, period=5),
            "treat_missing_data": "notBreaching",
        },
    }
    if ec2.burstable:
        watched["cpu-credits"] = _below(20, host, credits, minutes=15, period=5)
    return watched


def _database(identifier: pulumi.Input[str]) -> dict[str, dict[str, Any]]:
    database = {"DBInstanceIdentifier": identifier}
    storage = {"namespace": "AWS/RDS", "metric_name": "FreeStorageSpace"}
    memory = {"namespace": "AWS/RDS", "metric_name": "FreeableMemory"}
    processor = {"namespace": "AWS/RDS", "metric_name": "CPUUtilization"}
    return {
        "database-storage": _below(2 * GIBIBYTE, database, storage, minutes=15),
        "database-memory": _below(GIBIBYTE / 16, database, memory, minutes=15),
        "database-cpu": _above(90, database, processor, minutes=15),
    }


def _cache(identifier: pulumi.Input[str]) -> dict[str, dict[str, Any]]:
    cache = {"CacheClusterId": identifier}
    memory = {"namespace": "AWS/ElastiCache", "metric_name": "DatabaseMemoryUsagePercentage"}
    processor = {"namespace": "AWS/ElastiCache", "metric_name": "CPUUtilization"}
    return {
        "cache-memory": _above(90, cache, memory, minutes=15),
        "cache-cpu": _above(90, cache, processor, minutes=15),
    }


Watched = Mapping[str, Any]
"""Dimensions, or a metric with its namespace."""


def _below(
    threshold: float, dimensions: Watched, metric: Watched, *, minutes: int, period: int = 1
) -> dict[str, Any]:
    above = _above(threshold, dimensions, metric, minutes=minutes, period=period)
    return {**above, "comparison_operator": "LessThanThreshold", "statistic": "Minimum"}


def _above(
    threshold: float, dimensions: Watched, metric: Watched, *, minutes: int, period: int = 1
) -> dict[str, Any]:
    """An alarm after `minutes`, on a metric that comes every `period` minutes."""
    return {
        "comparison_operator": "GreaterThanThreshold",
        "threshold": threshold,
        "statistic": "Maximum",
        "period": 60 * period,
        "evaluation_periods": minutes // period,
        "dimensions": dimensions,
        **metric,
    }
