"""Logs and metrics."""

import io
import json
import logging
import socket

import httpx
import pytest

from app.observability import logs

from .conftest import running
from .people import People


@pytest.fixture
def log_lines():
    """The lines that the service logs, as the process would print them."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.RequestFormatter("sha256:" + "0a" * 32))
    logger = logging.getLogger("app")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)


async def test_a_request_is_logged_by_route_with_its_id(people: People, log_lines):
    alice = await people("alice")
    task = await alice.task()
    await alice("GET", f"/tasks/{task['id']}", headers={"X-Request-ID": "this-one"})
    line = next(line for line in log_lines() if line.get("request_id") == "this-one")
    assert (line["method"], line["route"], line["status"]) == ("GET", "/tasks/{task_id}", 200)


async def test_no_log_line_holds_a_secret_a_name_or_an_address(people: People, log_lines):
    alice = await people("alice")
    await alice.get("/users/search", query="findme")
    await alice("DELETE", "/tasks/1/share/findme")
    await alice("GET", "/tasks?token=findme")
    written = json.dumps(log_lines())
    assert len(log_lines()) >= 5
    for private in (alice.token, "password", "alice", "test.com", "findme", "127.0.0.1"):
        assert private not in written.replace("/change-password", "")


def test_an_error_is_one_line_with_its_traceback():
    try:
        raise ValueError("two\nlines")
    except ValueError as error:
        raised = (type(error), error, error.__traceback__)
    record = logging.LogRecord("app", logging.ERROR, "x.py", 1, "failed", None, raised)
    line = logs.RequestFormatter("sha256:" + "0a" * 32).format(record)
    assert "\n" not in line
    assert "Traceback" in json.loads(line)["error"]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


async def test_metrics_are_served_on_their_own_port_only(settings):
    port = free_port()
    async with running(settings, metrics_port=port) as client, httpx.AsyncClient() as outside:
        await client.get("/tasks/1")
        public = await client.get("/metrics")
        metrics = (await outside.get(f"http://127.0.0.1:{port}/metrics")).text
    assert public.status_code == 404
    assert 'http_requests_total{method="GET",route="/tasks/{task_id}",status="401"} 1.0' in metrics


async def test_a_taken_metrics_port_does_not_stop_the_service(settings):
    with socket.socket() as taken:
        taken.bind(("0.0.0.0", 0))  # noqa: S104 - what the service binds
        taken.listen()
        async with running(settings, metrics_port=taken.getsockname()[1]) as client:
            assert (await client.get("/ready")).status_code == 200
