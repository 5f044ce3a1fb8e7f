"""Processes of the service, started as in a container."""

import asyncio
import os
import sys

from .conftest import SERVICE

LIMIT = 30


async def start(environment: dict[str, str], port: int) -> asyncio.subprocess.Process:
    options = ["--host", "127.0.0.1", "--port", str(port), "--no-proxy-headers"]
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "uvicorn", "app.main:create_app", "--factory", *options),
        cwd=SERVICE,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
