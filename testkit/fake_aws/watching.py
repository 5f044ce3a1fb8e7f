"""Log groups, metrics that are read from logs, and dashboards."""

from typing import Any

from testkit.fake_aws import dashboards
from testkit.fake_aws.account import Account, Inputs
from testkit.fake_aws.kinds import Kind, put_again


def _group(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    logs, name = aws.client("logs"), inputs["name"]
    tags = {tag["Key"]: tag["Value"] for tag in aws.tags(inputs)}
    logs.create_log_group(logGroupName=name, tags=tags)
    _keep(aws, name, inputs)
    arn = f"arn:aws:logs:{aws.region}:123456789012:log-group:{name}"
    return name, {"arn": arn}


def _keep(aws: Account, name: str, inputs: Inputs) -> None:
    aws.client("logs").put_retention_policy(
        logGroupName=name, retentionInDays=int(inputs["retentionInDays"])
    )


def _filter(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    _put_filter(aws, inputs["name"], inputs)
    return inputs["name"], {}


def _put_filter(aws: Account, name: str, inputs: Inputs) -> None:
    transformation = inputs["metricTransformation"]
    call = {
        "metricName": transformation["name"],
        "metricNamespace": transformation["namespace"],
        "metricValue": transformation["value"],
        "unit": transformation["unit"],
    }
    if dimensions := transformation.get("dimensions"):
        call["dimensions"] = dimensions
    aws.client("logs").put_metric_filter(
        logGroupName=inputs["logGroupName"],
        filterName=name,
        filterPattern=inputs["pattern"],
        metricTransformations=[call],
    )


def _dashboard(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    body = inputs["dashboardBody"]
    if refused := dashboards.problems(body):
        raise ValueError(f"InvalidParameterInput: The dashboard body is invalid: {refused}")
    aws.client("cloudwatch").put_dashboard(
        DashboardName=inputs["dashboardName"], DashboardBody=body
    )
    return inputs["dashboardName"], {}


def _group_is_there(aws: Account, resource_id: str, _state: Inputs) -> bool:
    found = aws.client("logs").describe_log_groups(logGroupNamePrefix=resource_id)["logGroups"]
    return resource_id in [group["logGroupName"] for group in found]


KINDS = {
    "aws:cloudwatch/logGroup:LogGroup": Kind(
        create=_group,
        update=_keep,
        delete=lambda a, i, _: a.client("logs").delete_log_group(logGroupName=i),
        exists=_group_is_there,
        autonamed="name",
    ),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": Kind(
        create=_filter,
        update=_put_filter,
        delete=lambda a, i, s: a.client("logs").delete_metric_filter(
            logGroupName=s["logGroupName"], filterName=i
        ),
        autonamed="name",
    ),
    "aws:cloudwatch/dashboard:Dashboard": Kind(
        create=_dashboard,
        update=put_again(_dashboard),
        delete=lambda a, i, _: a.client("cloudwatch").delete_dashboards(DashboardNames=[i]),
    ),
}
