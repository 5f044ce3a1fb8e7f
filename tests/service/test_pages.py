"""The pages for people, in a real browser whose requests are recorded."""

import asyncio
from pathlib import Path

import httpx
import pytest

from testkit.browser import Visit, visit

from .conftest import SECRET
from .test_process import serving

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"


@pytest.fixture(scope="module")
def anyone() -> dict[str, str]:
    """The environment of a service that stands alone: its pages need no store."""
    nowhere = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:9/d", "REDIS_URL": "redis://127.0.0.1:9"}
    return {"ENVIRONMENT": "production", "SECRET_KEY": SECRET, "METRICS_PORT": "0", **nowhere}


async def visited(environment: dict[str, str], path: str, folder: Path) -> Visit:
    async with serving(environment) as served:
        return await asyncio.to_thread(visit, f"{served.client.base_url}/{path}", folder)


@pytest.mark.parametrize(
    ("path", "texts"),
    [
        ("docs", ["opblock-summary", "/tasks/{task_id}/tags", "Update Task", "Authorize"]),
        ("redoc", ["Update Task", "/tasks/{task_id}/tags", "Share Task"]),
        ("", ["Task manager API", 'href="docs"']),
    ],
)
async def test_a_page_renders_and_asks_only_this_service(anyone, path, texts, tmp_path: Path):
    page = await visited(anyone, path, tmp_path)
    for text in texts:
        assert text in page.dom, f"/{path} does not show {text}: {page.console}"
    assert page.hosts == {"127.0.0.1"}
    assert page.console == []


@pytest.mark.parametrize("path", ["/", "/docs", "/redoc"])
async def test_a_page_may_load_nothing_from_elsewhere(client: httpx.AsyncClient, path):
    response = await client.get(path, headers={"Accept": BROWSER})
    assert response.headers["content-type"].startswith("text/html")
    policy = response.headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "http" not in response.headers["content-security-policy"]
    assert "//" not in response.text


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("*/*", False),
        ("application/json", False),
        ("text/html;q=0.5, application/json", False),
        ("text/html;q=x", False),
        ("", False),
    ],
)
async def test_programs_get_json_at_the_root_and_browsers_a_page(client, accept, html):
    response = await client.get("/", headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html" if html else "application/json")
    assert "Accept" in response.headers["vary"].split(", ")
    assert html or response.json()["status"] == "running"


async def test_a_script_is_sent_once_and_asked_about_later(client: httpx.AsyncClient):
    for path in ("/docs/swagger-ui-bundle.js", "/redoc/redoc.standalone.js", "/docs/start.js"):
        first = await client.get(path)
        assert first.headers["content-type"].startswith("text/javascript")
        known = {"If-None-Match": first.headers["etag"]}
        assert (await client.get(path, headers=known)).status_code == 304
