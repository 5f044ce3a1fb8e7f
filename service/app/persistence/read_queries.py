"""Read queries: SQLAlchemy statements compiled once and sent to asyncpg directly.

A read needs no transaction, no identity map and no result objects of SQLAlchemy: together they cost
several times as much as the query. Statements are built once, at import or behind a cache, and are
compiled at their first use. Postgres keeps the plans of all but those that are `planned_anew`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
from sqlalchemy import ClauseElement, Executable
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.compiler import SQLCompiler

Row = dict[str, Any]
Statement = ClauseElement
Query = TypeVar("Query", bound=Executable)

DIALECT = dialect()
ANEW = "planned_anew"
# The cache's size: more than the service has, as each combination of task filters is one more.
STATEMENTS = 2048


@dataclass(frozen=True)
class Compiled:
    """SQL and the names of its parameters, in asyncpg's order.

    anew: Postgres plans it for the values of each call, which costs a round trip more
    """

    sql: str
    names: Sequence[str]
    constants: Row
    anew: bool

    def arguments(self, values: Row) -> list[Any]:
        """The parameters in asyncpg's order."""
        by_name = {**self.constants, **values}
        return [by_name[name] for name in self.names]


class Reader(ABC):
    """Sends statements whose parameters have names."""

    async def rows(self, statement: Statement, **values: Any) -> list[Row]:
        """All rows."""
        compiled = _compiled(statement)
        return list(map(dict, await self._fetch(compiled, compiled.arguments(values))))

    async def row(self, statement: Statement, **values: Any) -> Row | None:
        """The first row, or None."""
        rows = await self.rows(statement, **values)
        return rows[0] if rows else None

    async def value(self, statement: Statement, **values: Any) -> Any:
        """The first column of the first row, or None."""
        row = await self.row(statement, **values)
        return next(iter(row.values())) if row else None

    @abstractmethod
    def release(self) -> None:
        """Returns the connection: call it before waiting for anything but the database."""

    @abstractmethod
    async def _fetch(self, compiled: Compiled, arguments: list[Any]) -> list[asyncpg.Record]: ...


class SessionReader(Reader):
    """Reads inside the session's transaction, and so sees its flushed changes."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def release(self) -> None:
        """Does nothing: the session keeps its connection until the transaction ends."""

    async def _fetch(self, compiled: Compiled, arguments: list[Any]) -> list[asyncpg.Record]:
        connection = await self._session.connection()
        driver = (await connection.get_raw_connection()).driver_connection
        return await fetch(driver, compiled, arguments)


async def fetch(driver: Any, compiled: Compiled, arguments: list[Any]) -> list[asyncpg.Record]:
    """The rows of a statement on one connection of asyncpg."""
    if not compiled.anew:
        return await driver.fetch(compiled.sql, *arguments)
    # Postgres keeps no plan of a statement without a name.
    unnamed = await driver.prepare(compiled.sql, name="")
    return await unnamed.fetch(*arguments)


def planned_anew(statement: Query) -> Query:
    """The statement, to be planned for its values at each call.

    For conditions that most rows may meet, or none. A plan for any words made a search of one user
    read the trigrams of a million tasks.
    """
    return statement.execution_options(**{ANEW: True})


@lru_cache(maxsize=STATEMENTS)
def _compiled(statement: Statement) -> Compiled:
    compiled = statement.compile(dialect=DIALECT)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - all statements here are SQL
    constants = {name: bind.value for name, bind in compiled.binds.items() if not bind.required}
    anew = isinstance(statement, Executable) and ANEW in statement.get_execution_options()
    return Compiled(str(compiled), compiled.positiontup or (), constants, anew)
