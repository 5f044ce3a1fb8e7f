"""A service that is reached without a proxy: requests that are long, or come slowly."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from benchmarks.service import server
from benchmarks.service.server import Server

from .conftest import SECRET

LIMIT = 90
MEGABYTE = 1024 * 1024
SENT = 100 * MEGABYTE
# Pieces in flight and the garbage of the interpreter; all that was sent is much more.
GROWTH_MB = 25
DRIPPING = 20


@pytest.fixture(scope="module")
def served(stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """As the image starts it."""
    environment = {
        "ENVIRONMENT": "production",
        "SECRET_KEY": SECRET,
        "DATABASE_URL": stores.database_url,
        "REDIS_URL": stores.redis_url,
        "METRICS_PORT": "0",
    }
    log: Path = tmp_path_factory.mktemp("bounds") / "log"
    with server.service(environment, log) as served:
        yield served


@asynccontextmanager
async def connected(
    served: Server,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


async def send(writer: asyncio.StreamWriter, piece: bytes) -> int:
    """Sends the piece again and again until enough is sent or the connection ends."""
    sent = 0
    with suppress(ConnectionError):
        while sent < SENT:
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
    return sent


async def answer(reader: asyncio.StreamReader) -> bytes:
    """All that came before the end of the connection."""
    received = bytearray()
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            received += piece
    return bytes(received)


BEGIN = b"GET /health HTTP/1.1\r\nHost: x\r\n"
LOGIN = b"POST /auth/login HTTP/1.1\r\nHost: x\r\n"
CHUNKED = LOGIN + b"Transfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "one header": (BEGIN + b"X: ", b"x" * MEGABYTE),
    "many headers": (BEGIN, b"X: y\r\n" * (MEGABYTE // 6)),
    "an address": (b"GET /", b"x" * MEGABYTE),
    "blank lines": (b"", b"\r\n" * (MEGABYTE // 2)),
    "a trailer": (CHUNKED + b"0\r\nX: ", b"x" * MEGABYTE),
    "an extension of a chunk": (CHUNKED + b"1;x=", b"x" * MEGABYTE),
}


@pytest.mark.parametrize(("begin", "piece"), ENDLESS.values(), ids=ENDLESS.keys())
async def test_a_request_that_never_ends_is_not_kept_in_memory(served: Server, begin, piece):
    before = served.memory()
    async with asyncio.timeout(LIMIT), connected(served) as (reader, writer):
        writer.write(begin)
        received = asyncio.create_task(answer(reader))
        assert await send(writer, piece) < SENT
        await received
    assert served.memory() - before < GROWTH_MB


async def test_headers_that_are_too_large_are_refused_in_words(served: Server):
    async with asyncio.timeout(LIMIT), httpx.AsyncClient(base_url=served.url) as client:
        small = await client.get("/health", headers={"X": "x" * 60_000})
        large = await client.get("/health", headers={"X": "x" * 70_000})
    assert (small.status_code, large.status_code) == (200, 431)
    assert "65536 bytes" in large.json()["detail"]


DRIPS = {
    "headers": (BEGIN + b"X: ", b"x"),
    "blank lines": (b"", b"\r\n"),
    "a body": (LOGIN + b"Content-Length: 100000\r\n\r\n", b" "),
    "a body in chunks": (CHUNKED, b"1\r\n \r\n"),
    "a trailer": (CHUNKED + b"0\r\nX: ", b"x"),
    "the rest of a body": (LOGIN + b"Content-Length: 900000\r\n\r\n" + b" " * 500_000, b" "),
    "nothing more": (LOGIN + b"Content-Length: 100000\r\n\r\n ", b""),
}
# Answered before the body is read: for want of a token.
ANSWERED = b"POST /tasks HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n"


async def drip(served: Server, begin: bytes, piece: bytes) -> bytes:
    """The answer to a request whose rest comes very slowly, until the connection ends."""
    async with connected(served) as (reader, writer):
        writer.write(begin)
        received = asyncio.create_task(answer(reader))
        with suppress(ConnectionError):
            while not received.done():
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.5)
        return await received


async def send_slowly(served: Server) -> int:
    """The status for a body that takes longer than a period, at more than the least rate."""
    body = b'{"username": "' + b"x" * 50_000 + b'", "password": "x"}'

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 1000):
            yield body[start : start + 1000]
            await asyncio.sleep(0.5)

    headers = {"Content-Type": "application/json", "Content-Length": str(len(body))}
    async with httpx.AsyncClient(base_url=served.url, timeout=LIMIT) as client:
        return (await client.post("/auth/login", content=pieces(), headers=headers)).status_code


async def test_large_headers_in_front_of_a_body_are_refused_too(served: Server):
    async with asyncio.timeout(LIMIT), connected(served) as (reader, writer):
        writer.write(LOGIN + b"Content-Length: 9\r\nX: " + b"x" * 70_000 + b"\r\n\r\n{")
        assert (await answer(reader)).startswith(b"HTTP/1.1 431 ")


async def test_connections_that_drip_are_closed_and_slow_ones_are_served(served: Server):
    async with asyncio.timeout(LIMIT):
        many = [drip(served, *DRIPS["headers"]) for _ in range(DRIPPING)]
        ways = [drip(served, *way) for way in DRIPS.values()]
        answers, answered, slow = await asyncio.gather(
            asyncio.gather(*many, *ways), drip(served, ANSWERED, b" "), send_slowly(served)
        )
    assert {text.split(b"\r\n")[0] for text in answers} == {b"HTTP/1.1 408 Request Timeout"}
    assert all(text.count(b"HTTP/1.1") == 1 for text in answers)
    assert answered.startswith(b"HTTP/1.1 401 ")
    assert answered.count(b"HTTP/1.1") == 1, "nothing follows an answer"
    assert slow == 401


async def test_large_bodies_and_many_requests_on_a_connection_are_no_headers(served: Server):
    headers = {"Content-Type": "application/json"}
    async with asyncio.timeout(LIMIT), httpx.AsyncClient(base_url=served.url) as client:
        for _ in range(200):
            assert (await client.get("/health", headers={"X": "x" * 1000})).status_code == 200
        body = b'{"username": "' + b"x" * 500_000 + b'", "password": "x"}'
        response = await client.post("/auth/login", content=body, headers=headers)
        assert response.status_code == 401
