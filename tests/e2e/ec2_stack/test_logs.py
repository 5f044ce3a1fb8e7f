"""Logs of the containers in CloudWatch, and the metrics made of them."""

import httpx

from testkit.fake_aws import filter_patterns
from testkit.fake_aws.rehearsal import Rehearsal
from tests.e2e.ec2_stack.cloudwatch import in_cloudwatch


def test_every_container_logs_to_cloudwatch_and_docker_logs_reads_a_copy(
    deployed: Rehearsal,
) -> None:
    in_cloudwatch(deployed, container="-backup", text='"connections"')
    running = set(deployed.on_machine("docker ps --format '{{.Names}}'").split())
    assert running <= set(deployed.logged()), "a stream for each, by its name"
    assert any(name.endswith("-migration") for name in deployed.logged()), "it is gone by now"
    for name in running:
        assert deployed.on_machine(f"docker logs --tail 1 {name} 2>&1").strip(), name
    migrated = deployed.resource("pulumi-python:dynamic/taskmanager:Migration", "migration")
    assert migrated["outputs"]["schema"], "it is read from the log of a container that has ended"


def test_lines_of_the_containers_are_the_metrics_of_the_dashboard(deployed: Rehearsal) -> None:
    answer = httpx.get(f"{deployed.url}/tasks/1", headers={"X-Request-ID": "to-be-counted"})
    assert answer.status_code == 401
    in_cloudwatch(deployed, container="-proxy", text="to-be-counted")
    in_cloudwatch(deployed, container="-api-", text="to-be-counted")
    lines = [line for found in deployed.logged().values() for line in found]
    [counted] = [line for line in lines if "to-be-counted" in line and "app.requests" in line]
    release = deployed.outputs()["release"].removeprefix("sha256:")[:12]
    assert f'"release": "{release}"' in counted, "errors are shown by release"
    kind = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
    filters = [each["inputs"] for each in deployed.resources() if each["type"] == kind]
    assert len(filters) == 6
    for given in filters:
        read = [
            filter_patterns.value(given["metricTransformation"], given["pattern"], line)
            for line in lines
        ]
        values = [value for value in read if value is not None]
        rare = ("Errors", "ReleaseErrors", "BackupAge")
        assert values or given["metricTransformation"]["name"] in rare, given["pattern"]


def test_a_container_starts_while_cloudwatch_does_not_answer(deployed: Rehearsal) -> None:
    redis = deployed.resource("docker:index/container:Container", "redis")["inputs"]
    options = {**redis["logOpts"], "awslogs-endpoint": "https://127.0.0.1:1"}
    words = " ".join(f"--log-opt '{key}={value}'" for key, value in options.items())
    run = f"docker run --rm --name lonely --detach --log-driver awslogs {words}"
    try:
        deployed.on_machine(f"{run} {redis['image']} sh -c 'echo here; sleep 60' && sleep 1")
        assert deployed.on_machine("docker logs lonely").strip() == "here"
    finally:
        deployed.on_machine("docker rm --force lonely")
