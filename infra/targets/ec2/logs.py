"""The containers' logs in CloudWatch, and the metrics that are read from their lines."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from infra.container_logs import ContainerLogs
from infra.ec2_config import Ec2Config

PROXY = '$.msg = "Request"'
API = '$.logger = "app.requests"'
DATABASE = '$.logger = "database"'


@dataclass(frozen=True, kw_only=True)
class LogMetric:
    """A metric that is read from lines of the logs.

    name: its name in CloudWatch.
    where: the condition that its lines meet, as a filter pattern has it.
    value: the value of a line: a number, or a field like `$.duration`.
    unit: the unit of the value, as CloudWatch names it.
    dimensions: fields of the line, by the dimension that they are.
    """

    name: str
    where: str
    value: str = "1"
    unit: str = "Count"
    dimensions: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def pattern(self) -> str:
        """The filter pattern: a field that is used has to be in it."""
        used = [text for text in (self.value, *self.dimensions.values()) if text.startswith("$")]
        return "{ " + " && ".join([self.where, *(f"{text} = *" for text in used)]) + " }"


# The proxy's, in nanoseconds: CloudWatch has no such unit.
REQUESTS = LogMetric(name="Requests", where=PROXY, value="$.duration", unit="None")
ERRORS = LogMetric(name="Errors", where=f"{PROXY} && $.status >= 500")
RELEASE_ERRORS = LogMetric(
    name="ReleaseErrors",
    where=f"{API} && $.status >= 500",
    dimensions={"Release": "$.release"},
)
CONNECTIONS = LogMetric(name="DatabaseConnections", where=DATABASE, value="$.connections")
WAITING = LogMetric(name="DatabaseWaiting", where=DATABASE, value="$.waiting")
BACKUP_AGE = LogMetric(name="BackupAge", where=DATABASE, value="$.backup_age_hours", unit="None")
ON_EVERY_HOST = {"requests": REQUESTS, "errors": ERRORS, "release-errors": RELEASE_ERRORS}
OF_OWN_DATABASE = {"connections": CONNECTIONS, "waiting": WAITING, "backup-age": BACKUP_AGE}


def metrics(ec2: Ec2Config) -> dict[str, LogMetric]:
    """The metrics of a stack, by the noun in the name of their filter."""
    return {**ON_EVERY_HOST, **(OF_OWN_DATABASE if ec2.database == "container" else {})}


class Logs(pulumi.ComponentResource):
    """The log group of every container of the stack: `containers` is the way into it.

    `name` is also the namespace of the metrics.
    """

    containers: ContainerLogs
    group_arn: pulumi.Output[str]

    def __init__(
        self, name: str, ec2: Ec2Config, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:aws:Logs", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        group = aws.cloudwatch.LogGroup(f"{name}-logs", retention_in_days=ec2.log_days, opts=child)
        for noun, metric in metrics(ec2).items():
            aws.cloudwatch.LogMetricFilter(
                f"{name}-{noun}",
                log_group_name=group.name,
                pattern=metric.pattern,
                metric_transformation=_transformation(name, metric),
                opts=child,
            )
        self.group_arn = group.arn
        self.containers = ContainerLogs(
            driver="awslogs", options=_options(ec2, group.name), as_metrics=True
        )
        self.register_outputs({"group": group.name})


def _transformation(
    namespace: str, metric: LogMetric
) -> aws.cloudwatch.LogMetricFilterMetricTransformationArgs:
    return aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
        name=metric.name,
        namespace=namespace,
        value=metric.value,
        unit=metric.unit,
        dimensions=metric.dimensions or None,
    )


def _options(ec2: Ec2Config, group: pulumi.Output[str]) -> dict[str, pulumi.Input[str]]:
    return {
        # Not left to the metadata service: without its answer a container would not start.
        "awslogs-region": ec2.region,
        "awslogs-group": group,
        # The stream. Another container of the same name goes on with it.
        "tag": "{{.Name}}",
        # A container starts and runs also while CloudWatch does not answer: lines beyond the buffer
        # are then lost there.
        "mode": "non-blocking",
        "max-buffer-size": "4m",
        # `docker logs` reads a copy on the host.
        "cache-max-size": "10m",
        "cache-max-file": "3",
    }
