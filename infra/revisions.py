"""The revisions of the database's schema in a working copy, as Alembic orders them.

Read without Alembic, which the deploying machine need not have, and without running a revision.
"""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

VERSIONS = Path("migrations") / "versions"


@dataclass(frozen=True, kw_only=True)
class Revision:
    """One revision: its `id`, the ids that it follows (more than one for a merge), its `file`."""

    id: str
    follows: tuple[str, ...]
    file: Path


def in_order(service: Path) -> list[Revision]:
    """The revisions in the folder `service`, each after those that it follows."""
    files = sorted((service / VERSIONS).glob("*.py"))
    known = {revision.id: revision for file in files for revision in _read(file)}
    try:
        follows = {revision.id: revision.follows for revision in known.values()}
        names = list(TopologicalSorter(follows).static_order())
    except CycleError:
        # Which Alembic refuses itself.
        names = list(known)
    return [known[name] for name in names if name in known]


def heads(revisions: Iterable[Revision]) -> list[str]:
    """The ids that nothing follows; a schema that can be released has one."""
    revisions = list(revisions)
    followed = {parent for revision in revisions for parent in revision.follows}
    return [revision.id for revision in revisions if revision.id not in followed]


def branches(service: Path) -> list[str]:
    """A line where the revisions in the folder `service` end in more than one head.

    A release would not know which schema it needs.
    """
    revisions = in_order(service)
    ends = heads(revisions)
    if len(ends) <= 1:
        return []
    files = {revision.id: revision.file.name for revision in revisions}
    return [
        f"The migrations end in {len(ends)} heads, and a release needs one: "
        f"{', '.join(f'{end} ({files[end]})' for end in ends)}. Nothing was changed. "
        f"Fix: alembic -c {service.name}/alembic.ini merge -m merge {' '.join(ends)}"
    ]


def _read(file: Path) -> Iterator[Revision]:
    """The revision in `file`, if it holds one."""
    names: dict[str, tuple[str, ...]] = {}
    for statement in _statements(file):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                names[name] = _texts(value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                names[name] = _texts(value)
            case _:
                pass
    for revision in names.get("revision", ()):
        follows = (*names.get("down_revision", ()), *names.get("depends_on", ()))
        yield Revision(id=revision, follows=follows, file=file)


def _statements(file: Path) -> list[ast.stmt]:
    try:
        return ast.parse(file.read_text(encoding="utf-8")).body
    except (SyntaxError, ValueError):
        # The build of the image, or the migration, says more.
        return []


def _texts(value: ast.expr) -> tuple[str, ...]:
    nodes = [node.value for node in ast.walk(value) if isinstance(node, ast.Constant)]
    return tuple(text for text in nodes if isinstance(text, str))
