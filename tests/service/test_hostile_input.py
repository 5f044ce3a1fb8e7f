"""No text that a client can send makes the service fail, with or without an account."""

import json
from typing import Any

import httpx
import pytest

from app.main import create_app

from .conftest import running
from .openapi_samples import at, filled, operations, places, replaced
from .people import People

# Texts that no database or hash can take: refused wherever a client may write any text.
REFUSED = {
    "high surrogate": "\ud800",
    "low surrogate": "text\udfff",
    "surrogates in the wrong order": "\udc00\ud800",
    "NUL": "te\0xt",
}
# Odd, but not wrong.
ODD = {
    "non-characters": "\ufffe\uffff\U0010ffff",
    "controls": "".join(map(chr, range(1, 32))) + "\x7f\x85",
    "directions": "\u202e\u2066text\u2069",
    "marks": "e" + "\u0301" * 200,
    "long": "x" * 100_000,
    "format": "%s%n%x",
}
# Of another type than any field has.
OTHER = {
    "huge number": 10**400,
    "large number": 2**63,
    "negative": -1,
    "fraction": 1.5e308,
    "not a number": float("nan"),
    "list": [[]],
    "object": {"": {"": None}},
    "null": None,
    "true": True,
}
PATH_TEXTS = ["%00", "%ED%A0%80", "%FF", "%EF%BF%BE", "..%2F..", "%2E%2E", "9" * 5000, "-1", "%0A"]


@pytest.fixture
def schema(settings) -> dict[str, Any]:
    return create_app(settings).openapi()


@pytest.fixture
async def sender(people: People, client: httpx.AsyncClient):
    """Sends JSON as text, so that it may contain texts that no encoder writes."""
    alice = await people("alice")
    await people("bobby")
    await alice.task(tags=["tag"])
    await alice("POST", "/tasks/1/comments", {"content": "a comment"})

    async def send(method: str, path: str, body: Any) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return await alice(method, path, content=content, headers=headers)

    return send


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
async def test_a_text_that_cannot_be_stored_is_422_in_every_field(sender, schema, text: str):
    tried = 0
    for method, path, body in operations(schema):
        for place in places(body):
            if isinstance(at(body, place), str):
                response = await sender(method, filled(path), replaced(body, place, text))
                assert response.status_code == 422, (method, path, place, response.text)
                tried += 1
    assert tried > 25


@pytest.mark.parametrize("value", [*ODD.values(), *OTHER.values()], ids=[*ODD, *OTHER])
async def test_no_value_of_any_field_makes_the_service_fail(sender, schema, value: Any):
    for method, path, body in operations(schema):
        for place in places(body):
            response = await sender(method, filled(path), replaced(body, place, value))
            assert response.status_code < 500, (method, path, place, response.text)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 100_000, 422),
        (b'{"a":' * 100_000, 422),
        (b"[" * 500 + b"]" * 500, 422),
        (b'"' + b"x" * 10_000_000 + b'"', 413),
        (b"9" * 100_000, 422),
        (b"\xff\xfe{}", 422),
        (b'"\xed\xa0\x80"', 422),
        (b"", 422),
    ],
    ids=["lists", "objects", "nested", "10 MB", "digits", "UTF-16", "raw surrogate", "empty"],
)
async def test_no_body_makes_the_service_fail(sender, schema, body: bytes, status: int):
    for method, path, _ in operations(schema):
        response = await sender(method, filled(path), body)
        assert response.status_code == status, (method, path, response.text)


@pytest.mark.parametrize("text", PATH_TEXTS)
async def test_no_path_and_no_query_makes_the_service_fail(people: People, schema, text: str):
    alice = await people("alice")
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            for parameter in operation.get("parameters", ()):
                name = parameter["name"]
                address = filled(path.replace("{" + name + "}", text))
                if parameter["in"] == "query":
                    address += f"?{name}={text}"
                response = await alice(method.upper(), address)
                assert response.status_code < 500, (method, address, response.text)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer \xff"},
        {"Authorization": "Bearer " + "a.b.c" * 10_000},
        {"Authorization": "Bearer"},
        {"Content-Type": "application/json; charset=\xff"},
        {"Content-Type": "multipart/form-data; boundary=\xff"},
        {"Content-Type": "\xff"},
        {"X-Request-ID": "\xff\x01"},
        {"X-Forwarded-For": "\xff, ,"},
        {"If-None-Match": "\xff"},
        {"Range": "bytes=\xff"},
        {"Accept": "\xff"},
    ],
    ids=str,
)
async def test_no_header_makes_the_service_fail(settings, headers: dict[str, str]):
    async with running(settings, peer="10.0.0.1") as client:
        alice = await People(client)("alice")
        sent = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
        token = {b"Authorization": f"Bearer {alice.token}".encode(), **sent}
        for method, path in (
            ("GET", "/"),
            ("GET", "/tasks"),
            ("POST", "/tasks"),
            ("POST", "/tasks/1/files"),
            ("POST", "/users/me/avatar"),
            ("GET", "/users/1/avatar.png"),
            ("GET", "/files/1"),
        ):
            response = await client.request(method, path, headers=token, content=b"{}")
            assert response.status_code < 500, (path, response.text)
