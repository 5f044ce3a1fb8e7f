"""The statements of a revision, read without running them, and the tables that they change."""

import inspect
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import Script

PART = r"(?:\"[^\"]+\"|[A-Za-z_][\w$]*)"
NAME = rf"{PART}(?:\.{PART})?"
NAMES = rf"{NAME}(?:\s*,\s*{NAME})*"
TARGETS = (
    rf"ALTER\s+(?:TABLE|INDEX|SEQUENCE|VIEW)\s+(?:IF\s+EXISTS\s+)?(?:ONLY\s+)?(?P<names>{NAME})",
    r"CREATE\s+(?:UNIQUE\s+)?INDEX\s+(?:CONCURRENTLY\s+)?(?:IF\s+NOT\s+EXISTS\s+)?"
    rf"(?:{NAME}\s+)?ON\s+(?:ONLY\s+)?(?P<names>{NAME})",
    r"DROP\s+(?:TABLE|INDEX|SEQUENCE|VIEW|MATERIALIZED\s+VIEW)\s+(?:CONCURRENTLY\s+)?"
    rf"(?:IF\s+EXISTS\s+)?(?P<names>{NAMES})",
    rf"TRUNCATE\s+(?:TABLE\s+)?(?:ONLY\s+)?(?P<names>{NAMES})",
    # A new table has no rows and no reader.
    r"CREATE\s+(?:UNLOGGED\s+|TEMP\s+|TEMPORARY\s+)?TABLE\b(?P<names>)",
)
TARGET = tuple(re.compile(pattern, re.IGNORECASE) for pattern in TARGETS)
RENAMED = re.compile(rf"ALTER\s+TABLE\s+.*?\bRENAME\s+TO\s+({NAME})", re.IGNORECASE | re.DOTALL)
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
BODY = re.compile(r"(\$\w*\$).*?\1", re.DOTALL)
END = re.compile(r";\s*(?:\n|$)")


@dataclass(frozen=True)
class Part:
    """The statements of one call of Alembic.

    text: the statements, each ended by a semicolon.
    line: the line of the call in the revision's file.
    """

    text: str
    line: int


class _Recorder(io.StringIO):
    """Takes what Alembic writes, with the line of the revision that caused it."""

    def __init__(self, script: Script) -> None:
        super().__init__()
        self._script = script
        self.parts: list[Part] = []

    def write(self, text: str, /) -> int:
        frame = inspect.currentframe()
        while frame is not None and frame.f_globals is not self._script.module.__dict__:
            frame = frame.f_back
        self.parts.append(Part(text, frame.f_lineno if frame is not None else 1))
        return len(text)


def read(script: Script) -> list[Part]:
    """The statements of a revision, without running them; raises whatever the revision raises."""
    recorder = _Recorder(script)
    options = {"as_sql": True, "output_buffer": recorder}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    with Operations.context(context):
        script.module.upgrade()
    return recorder.parts


def line_of_error(script: Script, error: Exception) -> int:
    """The line of the revision's file in which `error` was raised; 1 when there is none."""
    line, traceback = 1, error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_globals is script.module.__dict__:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line


def line_of(script: Script, text: str, otherwise: int) -> int:
    """The line of the revision's file that holds `text`, where only one does."""
    source = Path(script.path).read_text(encoding="utf-8").splitlines()
    lines = [number for number, line in enumerate(source, start=1) if text and text in line]
    return lines[0] if len(lines) == 1 else otherwise


def at(sql: str, line: int, column: int) -> str:
    """The statement of `sql` at a position, both counted from 0; without its comments."""
    lines = sql.splitlines(keepends=True)
    offset = sum(len(before) for before in lines[:line]) + column
    start = max((end.end() for end in END.finditer(sql) if end.end() <= offset), default=0)
    end = END.search(sql, offset)
    return COMMENT.sub(" ", sql[start : end.start() if end else len(sql)]).strip()


def targets(statement: str) -> set[str] | None:
    """The tables, indexes and the like that a statement changes; None: it may change anything."""
    for pattern in TARGET:
        if match := pattern.match(statement):
            return {bare(name) for name in re.findall(NAME, match["names"])}
    return None


def renamed(sql: str, known: Iterable[str]) -> set[str]:
    """The new names of those of `known` that `sql` renames."""
    names = set(known)
    return {
        bare(match[1]) for match in RENAMED.finditer(sql) if (targets(match[0]) or set()) & names
    }


def plain(sql: str) -> str:
    """`sql` without comments and without the bodies of functions."""
    return BODY.sub(" ", COMMENT.sub(" ", sql))


def bare(name: str) -> str:
    """A name as Postgres keeps it, in small letters unless quoted; in `public` without that."""
    parts = re.findall(PART, name)
    kept = ".".join(part[1:-1] if part.startswith('"') else part.lower() for part in parts)
    return kept.removeprefix("public.")
