"""The OpenAPI schema: each answer is one that it documents."""

import asyncio
import os
import re
import sys
from pathlib import Path

import httpx

from .conftest import SECRET
from .people import People
from .test_process import serving

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "positive_data_acceptance",
    "negative_data_rejection",
    "unsupported_method",
    "ignored_auth",
    "use_after_free",
)
CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
HOOKS = Path(__file__).with_name("schemathesis_hooks.py")
EXAMPLES = 85
ENOUGH = 2500


async def schemathesis(url: str, token: str, *, other: str) -> tuple[int, str]:
    options = {
        "--header": f"Authorization: Bearer {token}",
        "--checks": ",".join(CHECKS),
        "--max-examples": str(EXAMPLES),
        "--generation-database": "none",
        "--seed": "1",
        # More would share one interpreter, and some 3.11s cannot parse their code in two threads.
        "--workers": "1",
    }
    arguments = [part for option in options.items() for part in option]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "run"),
        *(f"{url}/openapi.json", "--no-color", *arguments),
        env={**os.environ, "SCHEMATHESIS_HOOKS": str(HOOKS), "OTHER_TOKEN": other},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()


async def test_2500_made_up_requests_meet_no_5xx_and_nothing_undocumented(clean, tmp_path: Path):
    environment = {
        "ENVIRONMENT": "test",
        "SECRET_KEY": SECRET,
        "DATABASE_URL": clean.database_url,
        "REDIS_URL": clean.redis_url,
        "PASSWORD_TIME_COST": "1",
        "PASSWORD_MEMORY_COST": "8",
        "METRICS_PORT": "0",
        "TESTING": "true",
        "UPLOAD_DIR": str(tmp_path),
    }
    async with serving(environment) as served:
        people = People(served.client)
        alice = await people("alice")
        bob = await people("bob")
        url = str(served.client.base_url)
        status, report = await schemathesis(url, alice.token, other=bob.token)
    assert status == 0, report
    generated = re.search(r"(\d+) generated", report)
    assert generated, report
    assert int(generated[1]) >= ENOUGH, report


async def test_every_operation_documents_its_errors(client: httpx.AsyncClient):
    schema = (await client.get("/openapi.json")).json()
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            documented = set(operation["responses"])
            name = f"{method} {path}"
            assert not operation.get("security") or "401" in documented, name
            assert "{task_id}" not in path or {"403", "404"} <= documented, name
            assert "requestBody" not in operation or "422" in documented, name
