"""Paths that look like an id to the operations behind them: any method but their own is a 405."""

from fastapi import APIRouter, HTTPException, Request, Response

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def refuse_other_methods(router: APIRouter, path: str, *, allowed: str) -> None:
    """Answers as any path does that lacks a method; stands after the operations of the path."""

    async def refuse(_: Request) -> Response:
        raise HTTPException(405, headers={"Allow": allowed})

    others = [method for method in METHODS if method != allowed]
    router.add_route(path, refuse, methods=others, include_in_schema=False)
