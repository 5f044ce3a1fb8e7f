"""Headers that limit what a browser does with an answer, and redirects that stay on this host."""

import httpx
import pytest

from .conftest import running
from .people import People

EVERY = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}


@pytest.mark.parametrize("path", ["/version", "/tasks", "/nothing", "/docs", "/pages.css"])
async def test_no_site_may_frame_an_answer_or_guess_its_type(client: httpx.AsyncClient, path: str):
    headers = (await client.get(path)).headers
    assert {name: headers.get(name) for name in EVERY} == EVERY
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    for name in (*EVERY, "content-security-policy", "cache-control"):
        assert len(headers.get_list(name)) == 1, name


async def test_nothing_loads_from_an_answer_that_is_no_page(people: People):
    alice = await people("alice")
    policy = (await alice("GET", "/tasks")).headers["content-security-policy"]
    assert policy == "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize(
    ("peer", "scheme", "told"),
    [("172.18.0.5", "https", True), ("172.18.0.5", "http", False), ("203.0.113.9", "https", False)],
)
async def test_browsers_are_told_to_keep_to_tls_where_our_proxy_speaks_it(
    settings, peer: str, scheme: str, told: bool
):
    async with running(settings, peer=peer) as client:
        answer = await client.get("/version", headers={"X-Forwarded-Proto": scheme})
    expected = "max-age=31536000" if told else None
    assert answer.headers.get("strict-transport-security") == expected


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/tasks/", "/tasks"),
        ("/tasks/?search=a%20b&limit=1", "/tasks?search=a%20b&limit=1"),
        ("/tasks/1/", "/tasks/1"),
    ],
)
async def test_a_redirect_stays_on_the_host_that_was_asked(
    client: httpx.AsyncClient, path: str, target: str
):
    answer = await client.get(path, headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["location"]) == (307, target)


@pytest.mark.parametrize("path", ["//evil.example/", "//evil.example/tasks/", "/\\evil.example/"])
async def test_no_path_is_redirected_to_another_host(client: httpx.AsyncClient, path: str):
    request = client.build_request("GET", "/")
    request.url = request.url.copy_with(raw_path=path.encode())
    assert (await client.send(request)).status_code == 404
