"""Who is told, and what AWS does by itself, when the host is unwell."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.ec2_config import Ec2Config
from infra.targets.ec2.identity import METRICS

BURSTABLE = "t"
DATA = "/var/lib/taskmanager/data"


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    """The machine is watched; `ec2.alarm_email` is told, nobody when it is empty."""

    ec2: Ec2Config
    instance_id: pulumi.Input[str]


class Alarms(pulumi.ComponentResource):
    """Alarms on the host; the machine's own faults also mend themselves."""

    def __init__(
        self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:aws:Alarms", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        topic = _topic(name, args.ec2.alarm_email, child)
        for noun, settings in _watched(args.ec2.instance_type).items():
            mending = settings.pop("mending", None)
            mended = [f"arn:aws:automate:{args.ec2.region}:ec2:{mending}"] if mending else []
            aws.cloudwatch.MetricAlarm(
                f"{name}-{noun}",
                alarm_actions=[*topic, *mended],
                ok_actions=topic,
                dimensions={"InstanceId": args.instance_id, **settings.pop("dimensions", {})},
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


def _watched(instance_type: str) -> Mapping[str, dict[str, Any]]:
    system = {"namespace": "AWS/EC2", "metric_name": "StatusCheckFailed_System"}
    instance = {"namespace": "AWS/EC2", "metric_name": "StatusCheckFailed_Instance"}
    credits = {"namespace": "AWS/EC2", "metric_name": "CPUCreditBalance"}
    disk = {"namespace": METRICS, "metric_name": "disk_used_percent"}
    memory = {"namespace": METRICS, "metric_name": "mem_used_percent"}
    watched = {
        "hardware": {**_above(0, minutes=2, **system), "mending": "recover"},
        "system": {**_above(0, minutes=3, **instance), "mending": "reboot"},
        "memory": _above(90, minutes=15, **memory),
        "disk-root": _above(80, minutes=15, **disk, dimensions={"path": "/"}),
        "disk-data": _above(80, minutes=15, **disk, dimensions={"path": DATA}),
    }
    if instance_type.startswith(BURSTABLE):
        watched["cpu-credits"] = {
            **_above(20, minutes=15, **credits),
            "comparison_operator": "LessThanThreshold",
        }
    return watched


def _above(threshold: float, *, minutes: int, **metric: Any) -> dict[str, Any]:
    return {
        "comparison_operator": "GreaterThanThreshold",
        "threshold": threshold,
        "statistic": "Maximum",
        "period": 60,
        "evaluation_periods": minutes,
        **metric,
    }
