"""Whether a database was built by the revisions of this code.

The ids of revisions do not tell: the first revision of two apps may both be called 0001.
"""

import ast
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from alembic.script import Script
from migrations import statements
from sqlalchemy import Connection, text

RULE = "changed-after-it-ran"
"""The name under which a revision accepts that it was edited after a database ran it."""
# None of these says what a revision does to the schema.
ASIDE = {"revision", "down_revision", "branch_labels", "depends_on", "accepted", "downgrade"}
DIGITS = 32
THERE = text("SELECT to_regclass(:name) IS NOT NULL")
REMOVED = re.compile(
    rf"\bDROP\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?P<dropped>{statements.NAME}(?:\s*,\s*{statements.NAME})*)"
    rf"|\bALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?P<moved>{statements.NAME})\s+"
    r"(?:RENAME\s+TO|SET\s+SCHEMA)\b",
    re.IGNORECASE,
)
CREATED = re.compile(
    rf"\bCREATE\s+(?:UNLOGGED\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?({statements.NAME})",
    re.IGNORECASE,
)


def fingerprint(script: Script) -> str:
    """Digits of the revision's code, the same for every layout, comment and version of Python.

    Databases keep them: another way to count would make every revision another one.
    """
    tree = ast.parse(Path(script.path).read_text(encoding="utf-8"))
    code = [_canonical(statement) for statement in tree.body if not _aside(statement)]
    return hashlib.sha256(repr(code).encode()).hexdigest()[:DIGITS]


def differences(
    connection: Connection, applied: Iterable[Script], recorded: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """A line for each of the `applied` revisions that is not the one which the database ran.

    `recorded` are the records of the database, by revision. One from before fingerprints is
    compared by the tables that its revisions create.
    """
    applied = list(applied)
    run = {revision: row.get("fingerprint") for revision, row in recorded.items()}
    known = [script for script in applied if run.get(script.revision)]
    lines = [
        f"{_named(script)}: the database ran other code under this id"
        for script in known
        if run[script.revision] != fingerprint(script) and not _accepted(script)
    ]
    old = [script for script in applied if script not in known]
    tables = _tables(applied) if old else {}
    return lines + [
        f"{_named(script)}: it creates the table {table}, which the database does not have"
        for script in old
        for table in tables.get(script.revision, ())
        if not _accepted(script) and not connection.scalar(THERE, {"name": table})
    ]


def _tables(applied: Iterable[Script]) -> dict[str, list[str]]:
    """The tables that are left of those which each revision creates, as SQL writes them."""
    created: dict[str, list[str]] = {}
    touched: set[str] = set()
    unread = ""
    for script in applied:
        try:
            sql = statements.plain("".join(part.text for part in statements.read(script)))
        except Exception:  # A revision is any code, and may raise any error.
            unread += Path(script.path).read_text(encoding="utf-8")
            continue
        created[script.revision] = CREATED.findall(sql)
        for removed in REMOVED.finditer(sql):
            names = removed["dropped"] or removed["moved"]
            touched |= {statements.bare(name) for name in re.findall(statements.NAME, names)}
    return {
        revision: [
            table
            for table in tables
            # A revision that only a database can read may do anything to the tables that it names.
            if statements.bare(table) not in touched and statements.bare(table) not in unread
        ]
        for revision, tables in created.items()
    }


def _named(script: Script) -> str:
    return f"{script.revision} ({Path(script.path).name})"


def _accepted(script: Script) -> bool:
    return bool(getattr(script.module, "accepted", {}).get(RULE, "").strip())


def _aside(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import() | ast.ImportFrom() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name in ASIDE
        case ast.FunctionDef(name=name):
            return name in ASIDE
        case _:
            return False


def _canonical(value: Any) -> Any:
    """Lists and texts in place of a tree, without what a version of Python may add to it."""
    if isinstance(value, ast.Constant):
        return ["Constant", repr(value.value)]
    if isinstance(value, list):
        return [_canonical(part) for part in cast(list[Any], value) if not _docstring(part)]
    if not isinstance(value, ast.AST):
        return value
    fields = ((name, _canonical(part)) for name, part in ast.iter_fields(value))
    return [type(value).__name__, [field for field in fields if field[1] not in (None, [])]]


def _docstring(part: Any) -> bool:
    return isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
