"""One entry of the route table for each path, whatever the number of its operations."""

from collections.abc import Iterable

from fastapi import APIRouter, FastAPI, HTTPException
from fastapi.routing import RouteContext, iter_route_contexts
from starlette.routing import Match, Route
from starlette.types import Receive, Scope, Send


class PathRoute(Route):
    """All operations of one path. It answers HEAD as GET, and 405 with every method it has.

    The path alone decides: PATCH /tasks/stats is never PATCH /tasks/{task_id}.
    """

    def __init__(self, path: str) -> None:
        # An object as the endpoint means: any method.
        super().__init__(path, endpoint=self)
        self.operations: dict[str, RouteContext] = {}

    def add(self, operation: RouteContext) -> None:
        """The first operation with a method keeps it, as in any route table."""
        methods = operation.methods or set()
        for method in methods | {"HEAD"} if "GET" in methods else methods:
            self.operations.setdefault(method, operation)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """The match of the path, whatever the method."""
        match, child_scope = super().matches(scope)
        child_scope["route"] = self
        return match, child_scope

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Calls the operation of the method, or answers 405."""
        operation = self.operations.get(scope["method"])
        if operation is None:
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(self.operations))})
        scope["endpoint"] = operation.endpoint
        await operation.app(scope, receive, send)


def include(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Adds the routers and puts the table of paths in front of them.

    FastAPI resolves every option of the app, the routers and the inclusion; the table holds the
    result. Without the table, each request would search one router after the other.
    """
    for router in routers:
        app.include_router(router)
    paths: dict[str, PathRoute] = {}
    for operation in iter_route_contexts(app.routes):
        if operation.path is not None and isinstance(operation.original_route, Route):
            paths.setdefault(operation.path, PathRoute(operation.path)).add(operation)
    app.router.routes[:0] = paths.values()
