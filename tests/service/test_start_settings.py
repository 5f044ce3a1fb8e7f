"""Settings that a process starts with: each that is wrong is named before anything else happens."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .conftest import SECRET, SERVICE
from .processes import LIMIT, start

GOOD = {"ENVIRONMENT": "production", "SECRET_KEY": SECRET, "METRICS_PORT": "0"}


async def output_of_failed_start(environment: dict[str, str]) -> list[str]:
    process = await start(environment, port=1)
    async with asyncio.timeout(LIMIT):
        output, _ = await process.communicate()
    assert process.returncode == 1
    return output.decode().splitlines()


async def test_each_setting_that_is_wrong_gets_one_line_and_no_value(tmp_path: Path):
    wrong = {
        "ENVIRONMENT": "production",
        "DATABASE_URL": "mysql://user:hidden@host/db",
        "PASSWORD_TIME_COST": "a lot",
        "ALGORITHM": "none",
    }
    lines = await output_of_failed_start(wrong)
    assert len(lines) == 4
    named = [line.split(":")[1].strip() for line in lines]
    assert set(named) == {"DATABASE_URL", "SECRET_KEY", "PASSWORD_TIME_COST", "ALGORITHM"}
    assert all("accepted" in line for line in lines)
    assert "hidden" not in "".join(lines)


@pytest.mark.parametrize(
    ("changes", "status", "named"),
    [
        ({}, 0, []),
        (
            {"TRUSTED_PROXIES": "10.0.0.0/8,hidden", "REDIS_TIMEOUT": "hidden"},
            78,
            ["TRUSTED_PROXIES", "REDIS_TIMEOUT"],
        ),
        ({"SMTP_URL": "http://hidden", "EMAIL_PROVIDER": "smtp"}, 78, ["SMTP_URL"]),
    ],
    ids=["right", "wrong", "a wrong secret"],
)
async def test_a_deployment_can_read_the_settings_before_it_changes_anything(
    changes: dict[str, str], status: int, named: list[str]
):
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "app.settings"),
        cwd=SERVICE,
        env={"PATH": os.environ["PATH"], **GOOD, "DATABASE_URL": "postgresql://h/d", **changes},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == status
    lines = output.decode().splitlines()
    assert sorted(line.partition(":")[0] for line in lines) == sorted(named)
    assert "hidden" not in output.decode()


async def test_outside_development_there_is_no_default_database():
    lines = await output_of_failed_start(GOOD)
    assert len(lines) == 1
    assert "DATABASE_URL: required" in lines[0]


@pytest.mark.parametrize(
    "environment",
    [
        lambda folder: {"SECRET_KEY": SECRET, "SECRET_KEY_FILE": str(folder / "key")},
        lambda folder: {"SECRET_KEY_FILE": str(folder / "missing")},
        lambda folder: {"SECRET_KEY_FILE": str(folder)},
        lambda folder: {"SECRET_KEY_FILE": str(folder / "empty")},
    ],
)
async def test_a_setting_from_a_file_must_be_readable_and_the_only_one(
    tmp_path: Path, environment: Callable[[Path], dict[str, str]]
):
    (tmp_path / "key").write_text(SECRET)
    (tmp_path / "empty").write_text("")
    lines = await output_of_failed_start({"ENVIRONMENT": "development", **environment(tmp_path)})
    assert len(lines) == 1
    assert "SECRET_KEY" in lines[0]
    assert SECRET not in lines[0]
