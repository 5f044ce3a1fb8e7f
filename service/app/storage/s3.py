"""A file store in a bucket of S3 or a compatible service."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Generator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from app.settings import Settings
from app.storage.store import IN_MEMORY, PIECE, Streamed, failed, missing

if TYPE_CHECKING:
    from obstore.store import ClientConfig, S3Config

CONNECT_TIMEOUT = timedelta(seconds=5)
# Between two reads, not for a whole file.
READ_TIMEOUT = timedelta(seconds=15)
# For a whole file, as clients may read it slowly.
TIMEOUT = timedelta(hours=1)
WRITE_TIMEOUT = 60
ANSWER_TIMEOUT = 20
# The smallest part that S3 accepts; at most two are in memory at a time.
PART = 5 * 1024 * 1024
PARTS = 2


class Bucket:
    """Stores files in a bucket; the first file opens the connection."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def _bucket(self) -> S3Store:
        settings = self._settings
        key, secret = settings.aws_access_key_id, settings.aws_secret_access_key
        endpoint = settings.s3_endpoint_url
        client: ClientConfig = {
            "allow_http": (endpoint or "").startswith("http://"),
            "connect_timeout": CONNECT_TIMEOUT,
            "read_timeout": READ_TIMEOUT,
            "timeout": TIMEOUT,
        }
        config: S3Config = {"bucket": settings.s3_bucket_name, "region": settings.aws_region}
        if endpoint:
            config["endpoint"] = endpoint
        if key and secret:
            # Without them the library takes the credentials of the machine.
            config["access_key_id"] = key.get_secret_value()
            config["secret_access_key"] = secret.get_secret_value()
        return S3Store(
            client_options=client,
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=15)},
            **config,
        )

    def spool(self) -> IO[bytes]:
        """See Store."""
        return SpooledTemporaryFile(IN_MEMORY)

    async def put(self, name: str, content: IO[bytes]) -> None:
        """See Store."""
        with _translated("write", name):
            # In one request, or from 5 MB on in parts.
            async with asyncio.timeout(WRITE_TIMEOUT):
                await obstore.put_async(
                    self._bucket, name, content, chunk_size=PART, max_concurrency=PARTS
                )

    async def open(self, name: str) -> Streamed:
        """See Store."""
        try:
            with _translated("read", name, FileNotFoundError):
                async with asyncio.timeout(ANSWER_TIMEOUT):
                    stored = await obstore.get_async(self._bucket, name)
        except FileNotFoundError as error:
            raise missing() from error
        meta = stored.meta
        return Streamed(
            meta["size"], meta["e_tag"], meta["last_modified"], _pieces(stored.stream(PIECE))
        )

    async def remove(self, name: str) -> None:
        """See Store."""
        with _translated("remove", name):
            async with asyncio.timeout(ANSWER_TIMEOUT):
                await obstore.delete_async(self._bucket, name)


async def _pieces(stream: AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    async for piece in stream:
        yield bytes(piece)


@contextmanager
def _translated(doing: str, name: str, *passed: type[Exception]) -> Generator[None]:
    try:
        yield
    except (BaseError, OSError) as error:
        if isinstance(error, passed):
            raise
        raise failed(doing, name, error or type(error).__name__) from error
