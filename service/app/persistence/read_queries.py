"""Reads: statements compiled once and sent straight to asyncpg.

A read needs no transaction, no identity map and none of SQLAlchemy's result objects, which together
cost several times what the query does. Statements are built once, at import or behind a cache: each
is compiled the first time it is read with.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import asyncpg
from sqlalchemy import ClauseElement
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.compiler import SQLCompiler

Row = dict[str, Any]
Statement = ClauseElement

DIALECT = dialect()
# More than the service has; those of task lists depend on what is asked for.
STATEMENTS = 2048


@dataclass(frozen=True)
class Compiled:
    """SQL as asyncpg wants it."""

    sql: str
    names: Sequence[str]
    constants: Row

    def arguments(self, values: Row) -> list[Any]:
        given = {**self.constants, **values}
        return [given[name] for name in self.names]


class Reader(ABC):
    """Sends a statement; its parameters are given by name."""

    async def rows(self, statement: Statement, **values: Any) -> list[Row]:
        compiled = _compiled(statement)
        return list(map(dict, await self._fetch(compiled.sql, compiled.arguments(values))))

    async def row(self, statement: Statement, **values: Any) -> Row | None:
        """The first one."""
        rows = await self.rows(statement, **values)
        return rows[0] if rows else None

    async def value(self, statement: Statement, **values: Any) -> Any:
        """The first column of the first row."""
        row = await self.row(statement, **values)
        return next(iter(row.values())) if row else None

    @abstractmethod
    def release(self) -> None:
        """Holds no connection until the next statement: for whoever waits for something else."""

    @abstractmethod
    async def _fetch(self, sql: str, arguments: list[Any]) -> list[asyncpg.Record]: ...


class SessionReader(Reader):
    """Reads inside the session's transaction, and so sees what it has flushed."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def release(self) -> None:
        """The session keeps it until its transaction ends."""

    async def _fetch(self, sql: str, arguments: list[Any]) -> list[asyncpg.Record]:
        connection = await self._session.connection()
        driver = (await connection.get_raw_connection()).driver_connection
        assert driver  # noqa: S101 - it is open
        return await driver.fetch(sql, *arguments)


@lru_cache(maxsize=STATEMENTS)
def _compiled(statement: Statement) -> Compiled:
    compiled = statement.compile(dialect=DIALECT)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - no other statement is read with
    constants = {name: each.value for name, each in compiled.binds.items() if not each.required}
    return Compiled(str(compiled), compiled.positiontup or (), constants)
