"""What surrounds every request: limits, origins, sizes, ids, logs, metrics and last resorts."""

import io
import json
import logging
import socket

import httpx
import pytest

from app import logs
from app.domain import users

from .conftest import running
from .people import People

FRONT_END = "http://localhost:5173"
JSON = "application/json"
LOGIN = {"username": "alice", "password": "not hers"}


async def statuses(client: httpx.AsyncClient, number: int, path: str, body: object) -> list[int]:
    return [(await client.post(path, json=body)).status_code for _ in range(number)]


async def test_the_sixth_login_in_a_minute_is_refused_and_says_when_to_try_again(settings):
    async with running(settings, testing=False) as client:
        assert await statuses(client, 5, "/auth/login", {"no": "login"}) == [422] * 5
        assert await statuses(client, 5, "/auth/login", LOGIN) == [401] * 5
        response = await client.post("/auth/login", json=LOGIN)
    assert response.status_code == 429
    assert response.json().keys() == {"error"}
    assert "5 per 1 minute" in response.json()["error"]
    assert 0 < int(response.headers["retry-after"]) <= 60


async def test_registrations_and_reset_requests_are_limited(settings):
    async with running(settings, testing=False) as client:
        for number in range(10):
            await People(client).register(f"user{number}")
        body = {"username": "more", "email": "more@test.com", "password": "password"}
        assert await statuses(client, 1, "/auth/register", body) == [429]
        reset = {"email": "user1@test.com"}
        assert await statuses(client, 2, "/auth/password-reset/request", reset) == [200, 429]


async def test_new_tasks_are_limited_per_user(settings):
    async with running(settings, testing=False) as client:
        people = People(client)
        alice, bob = await people("alice"), await people("bob")
        made = [(await alice("POST", "/tasks", {"title": "x"})).status_code for _ in range(101)]
        assert made == [201] * 100 + [429]
        await bob.task()


async def test_instances_count_together(settings):
    async with (
        running(settings, testing=False) as one,
        running(settings, testing=False) as other,
    ):
        await statuses(one, 3, "/auth/login", LOGIN)
        assert await statuses(other, 3, "/auth/login", LOGIN) == [401, 401, 429]


async def logins_from(settings, peer: str, forwarded: list[str], **changes: object) -> list[int]:
    """One login for each claim of where it comes from, all through one peer."""
    found = []
    async with running(settings, testing=False, peer=peer, **changes) as client:
        for claim in forwarded:
            headers = {"X-Forwarded-For": claim}
            response = await client.post("/auth/login", json=LOGIN, headers=headers)
            found.append(response.status_code)
    return found


CLAIMS = [f"203.0.113.{number}" for number in range(6)]
REFUSED = [401] * 5 + [429]


async def test_clients_behind_our_proxy_are_limited_one_by_one(settings):
    assert await logins_from(settings, "172.18.0.5", CLAIMS) == [401] * 6


async def test_nobody_but_our_proxy_may_say_who_the_client_is(settings):
    assert await logins_from(settings, "198.51.100.7", CLAIMS) == REFUSED


async def test_what_the_client_put_before_our_proxys_entry_is_not_believed(settings):
    forwarded = [f"{claim}, 198.51.100.7" for claim in CLAIMS]
    assert await logins_from(settings, "172.18.0.5", forwarded) == REFUSED


async def test_without_a_proxy_no_claim_is_believed(settings):
    assert await logins_from(settings, "172.18.0.5", CLAIMS, trusted_hops=0) == REFUSED


async def test_a_front_end_of_ours_may_ask_anything(client):
    headers = {
        "Origin": FRONT_END,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "Authorization,Content-Type,Cache-Control,Pragma,Expires",
    }
    response = await client.options("/tasks/1", headers=headers)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == FRONT_END
    assert response.headers["access-control-allow-credentials"] == "true"
    assert response.headers["access-control-max-age"] == "600"


async def test_another_origins_preflight_is_refused(client):
    headers = {"Origin": "http://evil.test", "Access-Control-Request-Method": "GET"}
    response = await client.options("/tasks", headers=headers)
    assert response.status_code == 400
    assert "access-control-allow-origin" not in response.headers


async def test_an_unexpected_error_is_a_500_that_a_browser_may_read(
    people: People, monkeypatch, caplog
):
    alice = await people("alice")

    async def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(users, "profile", broken)
    response = await alice("GET", "/users/me", headers={"Origin": FRONT_END})
    assert response.status_code == 500
    assert response.json() == {"detail": "Internal server error"}
    assert response.headers["access-control-allow-origin"] == FRONT_END
    assert response.headers["x-request-id"]
    assert "a defect" in caplog.text


async def test_a_refusal_can_be_read_by_a_browser(client):
    response = await client.get("/tasks", headers={"Origin": FRONT_END})
    assert response.status_code == 401
    assert response.headers["access-control-allow-origin"] == FRONT_END


async def test_a_body_too_long_is_refused_announced_or_not(settings):
    async def pieces():
        for _ in range(20):
            yield b" " * 100

    async with running(settings, max_body_size=1024) as client:
        headers = {"Content-Type": JSON}
        announced = await client.post("/auth/login", content=b" " * 2000, headers=headers)
        streamed = await client.post("/auth/login", content=pieces(), headers=headers)
    for response in (announced, streamed):
        assert response.status_code == 413
        assert response.json().keys() == {"detail"}


@pytest.mark.parametrize(
    ("given", "kept"), [("abc-1.2_3", True), (None, False), ("a b", False), ("x" * 129, False)]
)
async def test_a_request_id_is_kept_if_sane_and_made_otherwise(client, given, kept):
    headers = {} if given is None else {"X-Request-ID": given}
    returned = (await client.get("/", headers=headers)).headers["x-request-id"]
    assert (returned == given) is kept
    assert len(returned) >= 9


async def test_browsers_are_told_not_to_guess_types(client):
    assert (await client.get("/health")).headers["x-content-type-options"] == "nosniff"


@pytest.fixture
def log_lines():
    """What the service logs, as the process would print it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter())
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
    line = next(each for each in log_lines() if each.get("request_id") == "this-one")
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
        found = (type(error), error, error.__traceback__)
    record = logging.LogRecord("app", logging.ERROR, "x.py", 1, "failed", None, found)
    line = logs.JsonFormatter().format(record)
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
