"""The database: one engine per process, one session and one commit per request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from app.errors import Unavailable, Unprocessable
from app.settings import Settings

CONNECT_TIMEOUT = 3
STATEMENT_TIMEOUT = 15

# A value of a legal type that Postgres cannot store, such as a NUL in a text.
UNSTORABLE = (
    asyncpg.exceptions.CharacterNotInRepertoireError,
    asyncpg.exceptions.UntranslatableCharacterError,
    asyncpg.exceptions.NumericValueOutOfRangeError,
    asyncpg.exceptions.DataError,
)


def _refuse_closed(connection: Any, *_: Any) -> None:
    """Notices a connection that the server closed, without a round trip per request."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


class Database:
    """The engine and what is known of the server behind it."""

    def __init__(self, settings: Settings) -> None:
        self.healthy = False
        self.engine = create_async_engine(
            settings.dsn,
            echo=settings.sqlalchemy_echo,
            hide_parameters=True,
            pool_size=settings.database_pool_size,
            max_overflow=0,
            pool_timeout=CONNECT_TIMEOUT,
            pool_recycle=300,
            connect_args={
                "timeout": CONNECT_TIMEOUT,
                "command_timeout": STATEMENT_TIMEOUT,
                "server_settings": {"application_name": "taskmanager", "jit": "off"},
            },
        )
        event.listen(self.engine.sync_engine.pool, "checkout", _refuse_closed)
        # Reads need no BEGIN and no COMMIT: two round trips less.
        self._reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def session(self, *, reading: bool = False) -> AsyncIterator[AsyncSession]:
        """A session that commits once, when its block ends without an error."""
        bind = self._reading if reading else self.engine
        try:
            async with AsyncSession(bind, expire_on_commit=False) as session:
                yield session
                await session.commit()
            self.healthy = True
        except (OSError, PoolTimeout) as error:
            self.healthy = False
            raise Unavailable("The database does not answer") from error
        except DBAPIError as error:
            raise self._translate(error) from error

    def _translate(self, error: DBAPIError) -> Exception:
        cause = error.orig.__cause__ if error.orig else None
        if isinstance(cause, UNSTORABLE):
            return Unprocessable("A value cannot be stored")
        lost = (asyncpg.exceptions.PostgresConnectionError, asyncpg.exceptions.InterfaceError)
        if error.connection_invalidated or isinstance(cause, (*lost, *STARTING, *BUSY)):
            self.healthy = not error.connection_invalidated
            return Unavailable("The database does not answer")
        return error

    async def revision(self) -> str | None:
        """The schema's revision, or None when no migration ever ran."""
        async with self.session(reading=True) as session:
            if not await session.scalar(text("SELECT to_regclass('alembic_version')")):
                return None
            return await session.scalar(text("SELECT version_num FROM alembic_version"))

    async def close(self) -> None:
        await self.engine.dispose()


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
