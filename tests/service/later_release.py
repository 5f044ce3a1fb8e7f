"""The migrations of a later release, and the database that they upgrade."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from app.persistence.revisions import own_revisions

from .conftest import SERVICE

HEAD = own_revisions()[-1]
ADDS = "ALTER TABLE tasks ADD COLUMN colour varchar(20)"
DROPS = "ALTER TABLE tasks DROP COLUMN title"


def release(folder: Path, *revisions: str) -> Path:
    """The migrations of a later release: these on top of the present ones."""
    if not folder.exists():
        ignore = shutil.ignore_patterns("__pycache__")
        for part in ("app", "migrations"):
            shutil.copytree(SERVICE / part, folder / part, ignore=ignore)
        shutil.copy(SERVICE / "alembic.ini", folder)
    before = HEAD
    for number, body in enumerate(revisions, start=1):
        path = folder / "migrations" / "versions" / f"900{number}_later.py"
        path.write_text(
            f'from alembic import op\nrevision = "900{number}"\ndown_revision = "{before}"\n{body}'
        )
        before = f"900{number}"
    return folder


def branch(folder: Path, *, merged: bool = True) -> Path:
    """A later release of two people: f00a and 0b00 both follow the present head."""
    for name in ("f00a", "0b00"):
        body = upgrading(f"ALTER TABLE tasks ADD COLUMN c{name} integer")
        revision_file(release(folder), name, f'"{HEAD}"', body)
    if merged:
        revision_file(folder, "aaaa", '("f00a", "0b00")', "def upgrade():\n    pass\n")
    return folder


def revision_file(folder: Path, name: str, follows: str, body: str) -> None:
    """Written as Alembic's own template writes it, under a name that begins with a hexadecimal."""
    (folder / "migrations" / "versions" / f"{name}_later.py").write_text(
        f'from alembic import op\nrevision = "{name}"\ndown_revision = {follows}\n{body}'
    )


def upgrading(statement: str, accepted: str = "{}") -> str:
    return f'accepted = {accepted}\ndef upgrade():\n    op.execute("{statement}")\n'


def upgrade(folder: Path, url: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=folder,
        env={**os.environ, "DATABASE_URL": url},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )


async def history(url: str) -> dict[str, str | None]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT revision, breaking FROM schema_history")
        return {row["revision"]: row["breaking"] for row in rows}
    finally:
        await connection.close()


async def heads(url: str) -> list[str]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT version_num FROM alembic_version ORDER BY 1")
        return [row["version_num"] for row in rows]
    finally:
        await connection.close()


def read(
    folder: Path, *, heads: Sequence[str] = (), relations: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run the check for a database with these heads and relations; with neither, for none."""
    command = [sys.executable, "-m", "migrations.check"]
    holds = folder / "holds.json"
    holds.write_text(json.dumps({"heads": list(heads), "relations": list(relations)}))
    environment = {"HOLDS_FILE": str(holds)} if heads or relations else {}
    return subprocess.run(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
