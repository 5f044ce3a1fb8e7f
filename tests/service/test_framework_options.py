"""Options of FastAPI have their effect on operations that the table of paths answers."""

import inspect
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import httpx
import pytest
from fastapi import APIRouter, Body, Depends, FastAPI, HTTPException, Request
from fastapi.responses import PlainTextResponse
from fastapi.routing import APIRoute

from app.api import path_routes
from app.api.dependencies import client_address
from app.api.path_routes import PathRoute
from app.main import create_app

from .people import People

JSON_WITHOUT_TYPE = b'{"title": "said to be nothing"}'


def refuse() -> None:
    raise HTTPException(418)


async def another_app(**options: Any) -> tuple[FastAPI, httpx.AsyncClient]:
    """An app with these options and one operation, built as ours is."""
    router = APIRouter(prefix="/notes")

    @router.post("/{note_id}", response_model=None)
    async def write(note_id: int, body: Annotated[dict[str, str], Body()]) -> Any:
        return body

    @router.get("/{note_id}")
    async def read(note_id: int, address: Annotated[str, Depends(client_address)]) -> Any:
        return address

    app = FastAPI(**options)
    path_routes.include(app, [router])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return app, httpx.AsyncClient(transport=transport, base_url="http://service")


async def test_json_without_a_content_type_is_json(people: People, client):
    alice = await people("alice")
    headers = {"Authorization": f"Bearer {alice.token}"}
    for method, path, expected in [("POST", "/tasks", 201), ("PATCH", "/tasks/1", 200)]:
        response = await client.request(method, path, content=JSON_WITHOUT_TYPE, headers=headers)
        assert response.status_code == expected, f"{method} {path}: {response.text}"
        assert response.json()["title"] == "said to be nothing"


async def test_json_that_says_it_is_a_form_is_refused(people: People, client):
    """A browser sends such a body to another origin without asking first."""
    alice = await people("alice")
    headers = {"Authorization": f"Bearer {alice.token}", "Content-Type": "text/plain"}
    response = await client.post("/tasks", content=JSON_WITHOUT_TYPE, headers=headers)
    assert response.status_code == 422


@pytest.mark.parametrize(
    ("options", "status"),
    [({}, 422), ({"strict_content_type": True}, 422), ({"strict_content_type": False}, 200)],
)
async def test_strict_content_type(options, status):
    _, client = await another_app(**options)
    async with client:
        assert (await client.post("/notes/1", content=b"{}")).status_code == status


@pytest.mark.parametrize(("options", "status"), [({}, 200), ({"max_body_size": 8}, 413)])
async def test_max_body_size(options, status):
    _, client = await another_app(**options)
    async with client:
        assert (await client.post("/notes/1", json={"a": "longer"})).status_code == status


async def test_dependencies():
    _, client = await another_app(dependencies=[Depends(refuse)])
    async with client:
        assert (await client.get("/notes/1")).status_code == 418


async def test_dependency_overrides():
    app, client = await another_app()
    app.dependency_overrides[client_address] = lambda: "overridden"
    async with client:
        assert (await client.get("/notes/1")).json() == "overridden"


async def test_default_response_class():
    _, client = await another_app(default_response_class=PlainTextResponse)
    async with client:
        assert (await client.get("/notes/1")).headers["content-type"].startswith("text/plain")


async def test_exception_handlers():
    async def handle(_: Request, error: Exception) -> PlainTextResponse:
        return PlainTextResponse("ours", 405)

    _, client = await another_app(exception_handlers={405: handle})
    async with client:
        assert (await client.delete("/notes/1")).text == "ours"


@pytest.mark.parametrize(("redirects", "status"), [(True, 307), (False, 404)])
async def test_redirect_slashes(redirects, status):
    _, client = await another_app(redirect_slashes=redirects)
    async with client:
        assert (await client.get("/notes/1/")).status_code == status


async def test_options_that_only_document_show_in_the_schema():
    app, _ = await another_app(
        responses={418: {"description": "short and stout"}},
        generate_unique_id_function=lambda route: f"our-{route.name}",
        deprecated=True,
    )
    operation = app.openapi()["paths"]["/notes/{note_id}"]["get"]
    assert operation["operationId"] == "our-read"
    assert operation["deprecated"] is True
    assert operation["responses"]["418"]["description"] == "short and stout"


async def test_include_in_schema():
    app, _ = await another_app(include_in_schema=False)
    assert app.openapi()["paths"] == {}


def test_no_dependency_of_an_operation_costs_a_thread(settings):
    def calls(dependant: Any) -> Iterator[Callable[..., Any]]:
        for dependency in dependant.dependencies:
            yield dependency.call
            yield from calls(dependency)

    paths = [route for route in create_app(settings).routes if isinstance(route, PathRoute)]
    routes = [operation.original_route for path in paths for operation in path.operations.values()]
    declared = [route.dependant for route in routes if isinstance(route, APIRoute)]
    used = {call for dependant in declared for call in calls(dependant)}
    assert len(used) > 5
    assert [call for call in used if not is_async(call)] == []


def is_async(call: Callable[..., Any]) -> bool:
    return inspect.iscoroutinefunction(call) or inspect.iscoroutinefunction(type(call).__call__)
