"""A stack on one page of CloudWatch: its requests, its host, its database and its backups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from infra.ec2_config import Ec2Config
from infra.targets.ec2 import logs
from infra.targets.ec2.alarms import DATA
from infra.targets.ec2.identity import METRICS
from infra.targets.ec2.logs import LogMetric

WIDTH, HEIGHT, COLUMNS = 8, 6, 3
"""Of a widget, in units of a grid of 24 columns; and how many are side by side."""
MINUTE = 60
"""The shortest period of the metrics, in seconds."""
NANOSECONDS = 1_000_000
"""Of a millisecond."""

Widget = dict[str, Any]
Metric = list[Any]
"""As a dashboard's body has it: namespace, name, dimensions, and how it is shown."""


@dataclass(frozen=True, kw_only=True)
class DashboardArgs:
    """The parts that it shows: the machine, and those that AWS runs for the stack.

    `database_id` and `database_resource` are RDS's two names of the database, `cache_id` is
    ElastiCache's of the cache; None where the host runs them.
    """

    ec2: Ec2Config
    instance_id: pulumi.Input[str]
    database_id: pulumi.Input[str] | None
    database_resource: pulumi.Input[str] | None
    cache_id: pulumi.Input[str] | None


class Dashboard(pulumi.ComponentResource):
    """The dashboard of a stack."""

    def __init__(
        self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:aws:Dashboard", name, None, opts)
        widgets = [*_requests(name), *_host(args), *_database(name, args), *_backups(name, args)]
        aws.cloudwatch.Dashboard(
            f"{name}-overview",
            dashboard_name=f"{name}-overview",
            dashboard_body=pulumi.Output.json_dumps({"widgets": _placed(args.ec2, widgets)}),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def _placed(ec2: Ec2Config, widgets: Sequence[Widget]) -> list[Widget]:
    return [
        {
            "x": WIDTH * (number % COLUMNS),
            "y": HEIGHT * (number // COLUMNS),
            "width": WIDTH,
            "height": HEIGHT,
            **widget,
            "properties": widget["properties"]
            if widget["type"] == "text"
            else {"region": ec2.region, **widget["properties"]},
        }
        for number, widget in enumerate(widgets)
    ]


def _requests(name: str) -> list[Widget]:
    by_release = f'{{"{name}",Release}} MetricName="{logs.RELEASE_ERRORS.name}"'
    return [
        _graph(
            "Requests a minute",
            [_read(name, logs.REQUESTS, stat="SampleCount", label="requests")],
        ),
        _graph(
            "Time of a response, in milliseconds",
            [
                line
                for stat in ("p50", "p99")
                for line in (
                    _read(name, logs.REQUESTS, stat=stat, id=stat, visible=False),
                    [{"expression": f"{stat} / {NANOSECONDS}", "label": stat, "id": f"{stat}ms"}],
                )
            ],
        ),
        _graph(
            "Errors (5xx) a minute, by release",
            [
                [{"expression": f"SEARCH('{by_release}', 'Sum', {MINUTE})", "id": "releases"}],
                _read(name, logs.ERRORS, stat="Sum", label="all, at the proxy"),
            ],
        ),
    ]


def _host(args: DashboardArgs) -> list[Widget]:
    host = ["InstanceId", args.instance_id]
    disk = [METRICS, "disk_used_percent", *host, "path"]
    processor = [["AWS/EC2", "CPUUtilization", *host, {"label": "used, in percent"}]]
    if args.ec2.burstable:
        balance = {"label": "credits left", "yAxis": "right"}
        processor.append(["AWS/EC2", "CPUCreditBalance", *host, balance])
    return [
        # Every five minutes.
        _graph("Processor of the host", processor, period=5 * MINUTE),
        _graph("Memory of the host, in percent", [[METRICS, "mem_used_percent", *host]]),
        _graph(
            "Disks of the host, in percent",
            [[*disk, "/", {"label": "its own"}], [*disk, DATA, {"label": "data volume"}]],
        ),
    ]


def _database(name: str, args: DashboardArgs) -> list[Widget]:
    connections: Metric = _read(name, logs.CONNECTIONS, label="connections")
    waiting: Metric = _read(name, logs.WAITING, label="sessions that wait")
    managed: list[Widget] = []
    if args.database_id is not None and args.database_resource is not None:
        database = ["DBInstanceIdentifier", args.database_id]
        connections = ["AWS/RDS", "DatabaseConnections", *database]
        counter = pulumi.Output.concat(
            "DB_PERF_INSIGHTS('RDS', '",
            args.database_resource,
            "', 'db.Transactions.blocked_transactions.avg')",
        )
        waiting = [{"expression": counter, "label": "transactions that wait", "id": "waiting"}]
        usage = [["AWS/RDS", "CPUUtilization", *database]]
        managed.append(_graph("Processor of the database, in percent", usage))
    if args.cache_id is not None:
        cache = ["AWS/ElastiCache", "DatabaseMemoryUsagePercentage"]
        memory = [[*cache, "CacheClusterId", args.cache_id]]
        managed.append(_graph("Memory of the cache, in percent", memory))
    return [
        _graph("Connections of the database", [connections], stat="Maximum"),
        _graph("Locks of the database", [waiting], stat="Maximum"),
        *managed,
    ]


def _backups(name: str, args: DashboardArgs) -> list[Widget]:
    if args.ec2.database == "container":
        age = _read(name, logs.BACKUP_AGE, label="hours")
        return [_graph("Age of the newest backup, in hours", [age], stat="Maximum")]
    text = (
        "### Backups\nRDS makes them. The newest time that can be restored, which is minutes ago:\n"
        "`aws rds describe-db-instances --query "
        "'DBInstances[].[DBInstanceIdentifier,LatestRestorableTime]'`"
    )
    return [{"type": "text", "properties": {"markdown": text}}]


def _read(name: str, metric: LogMetric, **shown: Any) -> Metric:
    """A metric that is read from the logs."""
    return [name, metric.name, shown]


def _graph(
    title: str, metrics: Sequence[Metric], *, stat: str = "Average", period: int = MINUTE
) -> Widget:
    properties = {"title": title, "metrics": list(metrics), "stat": stat, "period": period}
    return {"type": "metric", "properties": {**properties, "view": "timeSeries"}}
