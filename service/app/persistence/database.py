"""The database: one engine per process; a read stands alone, a write is one session, one commit."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import PoolProxiedConnection

from app.errors import Unavailable, Unprocessable
from app.persistence.read_queries import Reader
from app.settings import Settings

CONNECT_TIMEOUT = 3
STATEMENT_TIMEOUT = 15

SESSION = {
    "application_name": "taskmanager",
    "jit": "off",
    # A plan made for any value takes the trigrams of a whole table where one owner has few tasks.
    "plan_cache_mode": "force_custom_plan",
}

# A value of a legal type that Postgres cannot store, such as a NUL in a text.
UNSTORABLE = (
    asyncpg.exceptions.CharacterNotInRepertoireError,
    asyncpg.exceptions.UntranslatableCharacterError,
    asyncpg.exceptions.NumericValueOutOfRangeError,
    asyncpg.exceptions.DataError,
)
LOST = (asyncpg.exceptions.PostgresConnectionError, asyncpg.exceptions.InterfaceError)
STARTING = (
    asyncpg.exceptions.CannotConnectNowError,
    asyncpg.exceptions.AdminShutdownError,
    asyncpg.exceptions.CrashShutdownError,
    asyncpg.exceptions.TooManyConnectionsError,
    # While the password is being changed, until the release that knows the new one serves.
    asyncpg.exceptions.InvalidAuthorizationSpecificationError,
)
BUSY = (
    asyncpg.exceptions.DeadlockDetectedError,
    asyncpg.exceptions.LockNotAvailableError,
    asyncpg.exceptions.QueryCanceledError,
)
MIGRATED = text("SELECT to_regclass('alembic_version')")
REVISIONS = text("SELECT array_agg(version_num) FROM alembic_version")


def _refuse_closed(connection: Any, *_: Any) -> None:
    """Notices a connection that the server closed, without a round trip per request."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


class Database:
    """The engine and what is known of the server behind it."""

    def __init__(self, settings: Settings) -> None:
        self.healthy = False
        self.pool_size = settings.database_pool_size
        self.engine = create_async_engine(
            settings.dsn,
            echo=settings.sqlalchemy_echo,
            hide_parameters=True,
            pool_size=self.pool_size,
            max_overflow=0,
            pool_timeout=CONNECT_TIMEOUT,
            pool_recycle=300,
            connect_args={
                "timeout": CONNECT_TIMEOUT,
                "command_timeout": STATEMENT_TIMEOUT,
                "server_settings": SESSION,
            },
        )
        event.listen(self.engine.sync_engine.pool, "checkout", _refuse_closed)

    @contextmanager
    def reader(self) -> Iterator[Reader]:
        """A reader, which has a connection but no transaction: each statement stands alone."""
        reader = PoolReader(self)
        try:
            yield reader
        finally:
            reader.release()

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session that commits once, when its block ends without an error."""
        with self.translated():
            async with AsyncSession(self.engine, expire_on_commit=False) as session:
                yield session
                await session.commit()

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Turns what Postgres and its driver raise into errors that have an answer."""
        try:
            yield
            self.healthy = True
        except (OSError, PoolTimeout) as error:
            self.healthy = False
            raise Unavailable("The database does not answer") from error
        except DBAPIError as error:
            cause = error.orig.__cause__ if error.orig else None
            raise self._answer(error, cause, lost=error.connection_invalidated) from error
        except AsyncAdapt_asyncpg_dbapi.Error as error:
            raise self._answer(error, error.__cause__, lost=True) from error
        except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise self._answer(error, error, lost=isinstance(error, LOST)) from error

    def _answer(self, error: Exception, cause: BaseException | None, *, lost: bool) -> Exception:
        """The error itself is a defect: no answer is meant for it."""
        if isinstance(cause, UNSTORABLE):
            return Unprocessable("A value cannot be stored")
        if lost or isinstance(cause, (*LOST, *STARTING, *BUSY)):
            self.healthy = not lost
            return Unavailable("The database does not answer")
        return error

    async def revisions(self) -> list[str]:
        """The newest revisions of the schema: none before the first migration, two in a branch."""
        with self.reader() as reader:
            return await reader.value(REVISIONS) or [] if await reader.value(MIGRATED) else []

    async def close(self) -> None:
        await self.engine.dispose()


class PoolReader(Reader):
    """Takes a connection of the engine's for its first statement and keeps it until released."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lent: PoolProxiedConnection | None = None

    def release(self) -> None:
        if self._lent is not None:
            self._lent.close()
            self._lent = None

    async def _fetch(self, sql: str, arguments: list[Any]) -> list[asyncpg.Record]:
        with self._database.translated():
            if self._lent is None:
                self._lent = await self._database.engine.raw_connection()
            driver: Any = self._lent.driver_connection
            try:
                return await driver.fetch(sql, *arguments)
            except (TimeoutError, asyncio.CancelledError):
                # The answer may still come, and is not for whoever gets the connection next.
                driver.terminate()
                raise
