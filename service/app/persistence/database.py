"""The database: one SQLAlchemy engine per process; reads without a transaction, writes in one."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any

import asyncpg  # pyright: ignore[reportMissingTypeStubs]
from sqlalchemy import event, text
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import PoolProxiedConnection

from app.errors import Unavailable, Unprocessable
from app.persistence import turns
from app.persistence.read_queries import Compiled, Reader, fetch
from app.persistence.turns import SessionTurns, WriteTurns
from app.settings import Settings

CONNECT_TIMEOUT = 3
STATEMENT_TIMEOUT = 15

SESSION = {
    "application_name": "taskmanager",
    "jit": "off",
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
    # While the password changes: until the release that has the new one serves.
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
    """Refuses a connection that the server closed; costs no round trip."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


class Database:
    """SQLAlchemy's engine, and whether the last statement reached the server."""

    def __init__(self, settings: Settings) -> None:
        self.healthy = False
        self.pool_size = settings.database_pool_size
        self.turns = WriteTurns(self.pool_size)
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
    def reader(self) -> Generator[Reader]:
        """A reader: each statement runs outside a transaction, all on one connection."""
        reader = PoolReader(self)
        try:
            yield reader
        finally:
            reader.release()

    @asynccontextmanager
    async def session(self) -> AsyncGenerator[AsyncSession]:
        """A session that commits once, at the end of the block, unless the block raises."""
        with self.translated():
            async with (
                AsyncExitStack() as held,
                AsyncSession(self.engine, expire_on_commit=False) as session,
            ):
                session.info[turns.KEY] = SessionTurns(self.turns, held)
                yield session
                await session.commit()

    @contextmanager
    def translated(self) -> Generator[None]:
        """Turns errors of Postgres and its driver into errors that have an HTTP answer."""
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
        """The error to raise; the original one when it is a defect of this code."""
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
        """Closes the pool."""
        await self.engine.dispose()


class PoolReader(Reader):
    """Takes a connection from the pool for its first statement and keeps it until released."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: PoolProxiedConnection | None = None

    def release(self) -> None:
        """Returns the connection to the pool; the next statement takes another one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    async def _fetch(self, compiled: Compiled, arguments: list[Any]) -> list[asyncpg.Record]:
        with self._database.translated():
            if self._connection is None:
                self._connection = await self._database.engine.raw_connection()
            driver: Any = self._connection.driver_connection
            try:
                return await fetch(driver, compiled, arguments)
            except (TimeoutError, asyncio.CancelledError):
                # The result may still arrive, and must not reach the next user of the connection.
                driver.terminate()
                raise
