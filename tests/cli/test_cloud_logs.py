"""The logs of a stack whose host does not answer, from CloudWatch as moto answers for it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli import app, cloud_logs
from cli.commands import overview
from cli.deployed import UnreachableError
from cli.stack import STACK, Stack
from infra.errors import UserError

GROUP, REGION = "taskmanager-dev-logs-0a1b2c3", "eu-central-1"
NAMES = ["taskmanager-dev-api-1-0a1b2c3", "taskmanager-dev-api-2-0a1b2c3"]
EARLIER = "taskmanager-dev-api-1-9f8e7d6"
HOST = "ssh://deploy@203.0.113.10"
# moto, like AWS, drops lines that are older than two weeks.
MINUTE = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=5)
BEGAN = int(MINUTE.timestamp() * 1000)
"""In milliseconds, as CloudWatch has it."""


@dataclass(frozen=True)
class Known(Stack):
    """A stack with a log group."""

    groups: list[str] = field(default_factory=lambda: [GROUP])

    def setting(self, key: str) -> str:
        return {"region": REGION, "name": "taskmanager-dev"}[key]

    def state(self) -> dict[str, Any]:
        groups = [{"type": cloud_logs.GROUP, "id": name} for name in self.groups]
        stack = {"type": STACK, "outputs": {"containers": NAMES}}
        return {"deployment": {"resources": [stack, *groups]}}


def unreachable() -> UnreachableError:
    return UnreachableError(HOST, f"{HOST} cannot be reached: timed out")


def shown(**options: bool) -> int:
    given = {"follow": False, "as_json": False, **options}
    return cloud_logs.show(Known("dev"), unreachable(), **given)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("logs", region_name=REGION)


@pytest.fixture
def group(client: Any) -> Any:
    client.create_log_group(logGroupName=GROUP)
    return client


def write(client: Any, name: str, *lines: tuple[int, str]) -> None:
    client.create_log_stream(logGroupName=GROUP, logStreamName=name)
    events = [{"timestamp": BEGAN + 1000 * second, "message": text} for second, text in lines]
    client.put_log_events(logGroupName=GROUP, logStreamName=name, logEvents=events)


def test_the_lines_of_the_release_come_by_time_after_a_line_that_says_from_where(
    group: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    write(group, NAMES[0], (1, "first"), (3, "third"))
    write(group, NAMES[1], (2, "second"))
    write(group, EARLIER, (0, "of the release before"))
    assert shown() == 0
    said = capsys.readouterr()
    assert said.err.splitlines() == [
        f"{HOST} does not answer; these lines are from CloudWatch, log group {GROUP}:"
    ]
    assert said.out.splitlines() == [
        f"api-1-0a1b2c3 | {MINUTE:%H:%M}:01 first",
        f"api-2-0a1b2c3 | {MINUTE:%H:%M}:02 second",
        f"api-1-0a1b2c3 | {MINUTE:%H:%M}:03 third",
    ]


def test_the_command_reads_from_cloudwatch_when_the_host_does_not_answer(
    group: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(_stack: Stack) -> None:
        raise unreachable()

    monkeypatch.setattr(overview, "attached", refused)
    monkeypatch.setattr(overview, "Stack", Known)
    write(group, NAMES[0], (1, "first"))
    assert app.run(["logs", "--stack", "dev", "--no-follow"]) == 0
    assert capsys.readouterr().out == f"api-1-0a1b2c3 | {MINUTE:%H:%M}:01 first\n"


def test_json_lines_stay_json_and_a_container_may_have_written_nothing(
    group: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    line = json.dumps({"logger": "app.requests", "status": 200})
    write(group, NAMES[0], (1, line))
    assert shown(as_json=True) == 0
    assert capsys.readouterr().out == f"api-1-0a1b2c3 | {line}\n"


def test_of_a_container_that_wrote_much_the_last_lines_come(
    group: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    write(group, NAMES[0], *((second, f"line {second}") for second in range(60)))
    shown()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 50
    assert lines[-1] == f"api-1-0a1b2c3 | {MINUTE:%H:%M}:59 line 59"


def test_following_goes_on_with_the_lines_that_are_new(
    group: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = iter(["write", "stop"])

    def wait(_seconds: float) -> None:
        if next(waits) == "stop":
            raise KeyboardInterrupt
        event = {"timestamp": BEGAN + 9000, "message": "later"}
        group.put_log_events(logGroupName=GROUP, logStreamName=NAMES[0], logEvents=[event])

    write(group, NAMES[0], (1, "first"))
    monkeypatch.setattr("cli.cloud_logs.time.sleep", wait)
    with pytest.raises(KeyboardInterrupt):
        shown(follow=True)
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()] == [
        "first",
        "later",
    ]


def test_a_stack_without_logs_in_cloudwatch_is_told_why_its_host_does_not_answer() -> None:
    with pytest.raises(UnreachableError, match="cannot be reached: timed out"):
        cloud_logs.show(Known("dev", []), unreachable(), follow=False, as_json=False)


def test_logs_that_cloudwatch_does_not_give_are_one_message_with_both_causes(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> None:
        error = {"Error": {"Code": "AccessDeniedException", "Message": "not authorized"}}
        raise cloud_logs.ClientError(error, "GetLogEvents")  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(cloud_logs.Stream, "lines", refused)
    with pytest.raises(UserError) as caught:
        shown()
    first, second, fix = str(caught.value).splitlines()
    assert "cannot be reached" in first
    assert "AccessDeniedException" in second
    assert "logs:GetLogEvents" in fix
