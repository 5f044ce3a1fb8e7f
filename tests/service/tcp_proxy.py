"""A TCP proxy between the service and one of its stores, which a test can cut or freeze."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"


class TcpProxy:
    """Forwards connections to a store."""

    def __init__(self, url: str) -> None:
        address = urlsplit(url)
        self._url = url
        self._target = (address.hostname, address.port)
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """The store's URL through this proxy."""
        host, port = self._target
        return self._url.replace(f"{host}:{port}", f"{LOOPBACK}:{self._port}")

    async def restore(self) -> None:
        """As if the store were back, or had never been away."""
        self._flowing.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._carry, LOOPBACK, self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """As if the store were stopped: connections end and new ones are refused."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._open):
            writer.transport.abort()
        await asyncio.sleep(0.05)

    def freeze(self) -> None:
        """As if the store got SIGSTOP: connections stay, without an answer."""
        self._flowing.clear()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            there, back = await asyncio.open_connection(*self._target)
            self._open |= {writer, back}
            ways = (self._pump(reader, back), self._pump(there, writer))
            await asyncio.gather(*ways, return_exceptions=True)
            self._open -= {writer, back}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        finally:
            writer.transport.abort()


@asynccontextmanager
async def tcp_proxy(url: str) -> AsyncIterator[TcpProxy]:
    proxy = TcpProxy(url)
    await proxy.restore()
    yield proxy
    proxy._flowing.set()
    await proxy.cut()
