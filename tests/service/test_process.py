"""The service as a process of its own: how it starts, refuses to start, and ends."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.service import server
from testkit.deployment import free_port

from .conftest import SECRET
from .processes import LIMIT, start
from .tcp_proxy import tcp_proxy

GOOD = {"ENVIRONMENT": "production", "SECRET_KEY": SECRET, "METRICS_PORT": "0"}


@dataclass(frozen=True)
class Served:
    """A running process and a client of it."""

    process: asyncio.subprocess.Process
    client: httpx.AsyncClient
    # Read all the time: a process whose output is not read stops when the pipe is full.
    output: "asyncio.Task[bytes]"


@asynccontextmanager
async def serving(environment: dict[str, str]) -> AsyncIterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = await start(environment, port)
    assert process.stdout
    output = asyncio.create_task(process.stdout.read())
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=LIMIT) as client:
        try:
            await answering(client)
            yield Served(process, client, output)
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await output


async def answering(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(LIMIT):
        while True:
            try:
                await client.get("/health")
            except httpx.TransportError:
                await asyncio.sleep(0.05)
            else:
                return


async def test_it_serves_with_secrets_from_files_as_it_is_deployed(clean, tmp_path: Path):
    (tmp_path / "url").write_text(clean.database_url + "\n")
    (tmp_path / "key").write_text(SECRET + "\n")
    environment = {
        "ENVIRONMENT": "production",
        "RELEASE": "sha256:abc",
        "DATABASE_URL_FILE": str(tmp_path / "url"),
        "SECRET_KEY_FILE": str(tmp_path / "key"),
        "REDIS_URL": clean.redis_url,
        "UPLOAD_DIR": str(tmp_path / "uploads"),
        "METRICS_PORT": "0",
    }
    async with serving(environment) as served:
        assert (await served.client.get("/ready")).status_code == 200
        assert (await served.client.get("/version")).json()["version"] == "sha256:abc"


async def test_it_starts_without_its_stores_and_says_that_it_is_not_ready():
    nowhere = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:9/d", "REDIS_URL": "redis://127.0.0.1:9"}
    async with serving({**GOOD, **nowhere}) as served:
        assert (await served.client.get("/ready")).status_code == 503


async def test_a_request_under_way_at_sigterm_is_finished_and_no_new_one_accepted(clean):
    async with tcp_proxy(clean.database_url) as proxy:
        environment = {**GOOD, "DATABASE_URL": proxy.url, "REDIS_URL": clean.redis_url}
        async with serving(environment) as served:
            process, client = served.process, served.client
            proxy.freeze()
            account = {"username": "alice", "email": "a@test.com", "password": "password"}
            under_way = asyncio.create_task(client.post("/auth/register", json=account))
            # On its way into the frozen database.
            await asyncio.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            await refusing(str(client.base_url))
            await proxy.restore()
            assert (await under_way).status_code == 201
            async with asyncio.timeout(LIMIT):
                await process.wait()
            output = await served.output
    # As process 1 of its container it ends with 0: there the signal that uvicorn passes on to
    # itself, when all is done, has no effect.
    assert process.returncode in (0, -signal.SIGTERM)
    assert b"Finished server process" in output
    assert b"Traceback" not in output


async def test_metrics_count_the_answers_of_all_workers_since_the_start(clean, tmp_path: Path):
    shared = tmp_path / "metrics"
    shared.mkdir()
    (shared / "counter_1.db").write_bytes(b"left behind by an earlier start")
    port = free_port()
    environment = {
        **GOOD,
        "DATABASE_URL": clean.database_url,
        "REDIS_URL": clean.redis_url,
        "WEB_CONCURRENCY": "2",
        "METRICS_PORT": str(port),
        "PROMETHEUS_MULTIPROC_DIR": str(shared),
    }
    sent = 0
    with server.service(environment, tmp_path / "log") as served:
        async with asyncio.timeout(LIMIT), httpx.AsyncClient() as client:
            # A worker has a file as soon as it has counted something.
            while len(list(shared.glob("counter_*.db"))) < 2:
                # Each by a connection of its own, so that either worker may take it.
                await asyncio.gather(*(_ask_once(f"{served.url}/version") for _ in range(8)))
                sent += 8
            metrics = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    line = 'http_requests_total{method="GET",route="/version",status="200"}'
    assert f"{line} {float(sent)}" in metrics


async def _ask_once(url: str) -> None:
    async with httpx.AsyncClient() as client:
        assert (await client.get(url)).status_code == 200


async def refusing(url: str) -> None:
    async with asyncio.timeout(LIMIT), httpx.AsyncClient() as newcomer:
        while True:
            try:
                await newcomer.get(f"{url}/health")
            except httpx.ConnectError:
                return
            await asyncio.sleep(0.05)
