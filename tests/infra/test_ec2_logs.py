"""The containers' logs in CloudWatch, the metrics that are read from them, and the dashboard."""

import json
from typing import Any

import pytest

from infra.ec2_config import RETENTION_DAYS
from testkit.fake_aws import dashboards, filter_patterns, limits
from testkit.recorded.ec2 import VARIANTS, deploy, instance, prefix, variant
from testkit.recorded.program import Graph, run

PROXY = {"msg": "Request", "status": 502, "duration": 1234567, "path": "/tasks", "query": ""}
API = {"logger": "app.requests", "status": 500, "ms": 12.5, "release": "0a1b2c3d4e5f"}
DATABASE = {"logger": "database", "connections": 12, "waiting": 0, "backup_age_hours": 3.25}


@pytest.fixture(scope="module", params=sorted(VARIANTS))
def graph(request: pytest.FixtureRequest) -> Graph:
    return variant(request.param)


def body(graph: Graph) -> str:
    [dashboard] = graph.of("dashboard:Dashboard")
    return dashboard.inputs["dashboardBody"]


def read(graph: Graph, line: dict[str, Any]) -> dict[str, float]:
    """The metrics that CloudWatch reads from a line, by name."""
    found = {
        node.inputs["metricTransformation"]["name"]: filter_patterns.value(
            node.inputs["metricTransformation"], node.inputs["pattern"], json.dumps(line)
        )
        for node in graph.of("LogMetricFilter")
    }
    return {name: value for name, value in found.items() if value is not None}


def test_every_container_logs_into_the_group_of_the_stack(graph: Graph) -> None:
    [group] = graph.of("LogGroup")
    migration = graph.named(f"{prefix(graph)}-migration")
    logging = [(node.inputs["logDriver"], node.inputs["logOpts"]) for node in graph.containers]
    logging.append((migration.inputs["logDriver"], migration.inputs["logOptions"]))
    for driver, options in logging:
        assert driver == "awslogs"
        assert options["awslogs-group"] == f"{group.name}-0a1b2c3"
        assert options["tag"] == "{{.Name}}", "a stream is found by the container's name"
        assert "awslogs-create-group" not in options, "such a group would keep lines for ever"


def test_no_container_waits_for_cloudwatch(graph: Graph) -> None:
    for node in graph.containers:
        options = node.inputs["logOpts"]
        assert options["mode"] == "non-blocking", "it would not start while CloudWatch is away"
        assert options["awslogs-region"] == "eu-central-1", "nor without the metadata service"
        assert options["cache-max-size"], "docker logs reads the copy, which must not fill the disk"


def test_the_host_may_write_into_that_group_and_no_other(graph: Graph) -> None:
    policy = json.loads(graph.named(f"{prefix(graph)}-host-logs").inputs["policy"])
    [statement] = policy["Statement"]
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    [group] = graph.of("LogGroup")
    arn = f"arn:aws:logs:eu-central-1:123456789012:log-group:{group.name}-0a1b2c3"
    assert statement["Resource"] == [f"{arn}:log-stream:*"]
    assert f"{prefix(graph)}-host-logs" in graph.needs(instance(graph))


def test_target_local_has_no_script_for_metrics() -> None:
    [backup] = [node for node in run().containers if node.name.endswith("-backup")]
    assert backup.inputs["command"] == ["/usr/local/lib/backup/schedule.sh"]
    assert not [each for each in backup.inputs["uploads"] if "report_schedule" in each["file"]]


def test_logs_are_kept_for_the_days_that_are_set() -> None:
    [group] = deploy("dev", {"logDays": "90"}).of("LogGroup")
    assert group.inputs["retentionInDays"] == 90


def test_the_days_that_are_accepted_are_those_of_cloudwatch() -> None:
    def refused(days: int) -> list[str]:
        call = {"logGroupName": "a", "retentionInDays": days}
        return limits.problems("logs", "PutRetentionPolicy", call)

    accepted = [days for days in range(1, max(RETENTION_DAYS) + 2) if not refused(days)]
    assert tuple(accepted) == RETENTION_DAYS


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_cloudwatch_accepts_the_dashboard(name: str) -> None:
    assert dashboards.problems(body(variant(name))) == []


def test_the_dashboard_shows_every_metric_that_is_read_from_the_logs(graph: Graph) -> None:
    for node in graph.of("LogMetricFilter"):
        assert node.inputs["metricTransformation"]["name"] in body(graph), node.name


def test_the_dashboard_shows_what_the_issue_names() -> None:
    shown = {name: body(variant(name)) for name in VARIANTS}
    for word in ("p50", "p99", "SampleCount", "ReleaseErrors", "CPUUtilization"):
        assert all(word in text for text in shown.values()), word
    for word in ("CPUCreditBalance", "mem_used_percent", "disk_used_percent"):
        assert all(word in text for text in shown.values()), word
    assert "BackupAge" in shown["dev"]
    assert "LatestRestorableTime" in shown["managed"]
    counter = "DB_PERF_INSIGHTS('RDS', 'db-0A1B2C3', 'db.Transactions.blocked_transactions.avg')"
    assert counter in shown["managed"]
    [database] = variant("managed").of("rds/instance:Instance")
    assert database.inputs["performanceInsightsEnabled"] is True, "it counts the transactions"


def test_metrics_are_read_from_lines_of_the_proxy_the_api_and_the_database() -> None:
    own = variant("dev")
    assert read(own, PROXY) == {"Requests": 1234567, "Errors": 1}
    assert read(own, {**PROXY, "status": 404}) == {"Requests": 1234567}
    assert read(own, API) == {"ReleaseErrors": 1}
    assert read(own, {**API, "status": 200}) == {}
    state = {"DatabaseConnections": 12, "DatabaseWaiting": 0, "BackupAge": 3.25}
    assert read(own, DATABASE) == state
    assert "BackupAge" not in read(own, {"logger": "database", "connections": 1, "waiting": 0})
    assert set(read(variant("managed"), DATABASE)) == set(), "RDS has metrics of its own"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"type": "graph"}, "there is no widget"),
        ({"x": 20, "properties": {"region": "a"}}, "does not fit"),
        ({"properties": {"metrics": [["AWS/EC2", "CPUUtilization"]]}}, "required property"),
        ({"properties": {"region": "eu-central-1", "heading": "a"}}, "additional properties"),
        ({"properties": {"region": "eu-central-1", "stat": "p101"}}, "no statistic"),
        ({"properties": {"region": "eu-central-1", "period": 90}}, "no multiple of 60"),
        ({"properties": {"region": "eu-central-1", "metrics": [["A", "b", "c"]]}}, "dimensions"),
        (
            {"properties": {"region": "a", "metrics": [["A", "b", {"id": "P50"}]]}},
            "small letter",
        ),
        ({"properties": {"region": "a", "metrics": [["A", "b"]] * 501}}, "501 metrics"),
    ],
)
def test_a_dashboard_that_cloudwatch_refuses_is_refused(
    change: dict[str, Any], problem: str
) -> None:
    widget = {"type": "metric", "x": 0, "y": 0, "width": 8, "height": 6, "properties": {}}
    [found] = dashboards.problems(json.dumps({"widgets": [{**widget, **change}]}))
    assert problem in found
