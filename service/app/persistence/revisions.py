"""The revisions that this code was made for, read without running one of them."""

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

VERSIONS = Path(__file__).parents[2] / "migrations" / "versions"


def own_revisions(versions: Path = VERSIONS) -> list[str]:
    """The revisions that this code knows, each after those that it follows.

    Alembic would run every revision to find out, which takes longer than a start may.
    """
    follows: dict[str, set[str]] = {}
    for file in sorted(versions.glob("*.py")):
        names = {name: set(_texts(value)) for name, value in _assignments(file)}
        for revision in names.get("revision", ()):
            follows[revision] = names.get("down_revision", set()) | names.get("depends_on", set())
    return list(TopologicalSorter(follows).static_order())


def _assignments(file: Path) -> Iterator[tuple[str, ast.expr]]:
    for statement in ast.parse(file.read_text(encoding="utf-8")).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value
            case _:
                pass


def _texts(value: ast.expr) -> Iterator[str]:
    for node in ast.walk(value):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
