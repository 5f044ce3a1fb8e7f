"""The middleware: origins, sizes of bodies, request ids and unhandled errors."""

import pytest

from app.services import users

from .conftest import running
from .people import People

FRONT_END = "http://localhost:5173"
JSON = "application/json"


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
    assert response.json() == {"detail": "Disallowed CORS origin"}


async def test_an_unexpected_error_is_a_500_that_a_browser_may_read(
    people: People, monkeypatch, caplog
):
    alice = await people("alice")

    async def broken(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(users, "profile", broken)
    response = await alice("GET", "/users/me", headers={"Origin": FRONT_END})
    assert response.status_code == 500
    assert response.json().keys() == {"detail"}
    assert response.headers["x-request-id"] in response.json()["detail"]
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
    ("sent", "kept"), [("abc-1.2_3", True), (None, False), ("a b", False), ("x" * 129, False)]
)
async def test_a_request_id_is_kept_if_well_formed_and_replaced_otherwise(client, sent, kept):
    headers = {} if sent is None else {"X-Request-ID": sent}
    returned = (await client.get("/", headers=headers)).headers["x-request-id"]
    assert (returned == sent) is kept
    assert len(returned) >= 9


async def test_answers_forbid_browsers_to_guess_types(client):
    assert (await client.get("/health")).headers["x-content-type-options"] == "nosniff"
