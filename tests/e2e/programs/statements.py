"""In an api container: run each statement, as the user that the URL names, and tell its outcome.

The arguments are users, `-` for the service's own, each followed by a statement.
"""

import asyncio
import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg


async def outcome(user: str, statement: str) -> str:
    """The error that Postgres answers with; `done` for none."""
    url = urlsplit(Path(os.environ["DATABASE_URL_FILE"]).read_text().strip())
    try:
        connection = await asyncpg.connect(
            host=url.hostname,
            user=url.username if user == "-" else user,
            password=url.password,
            database=url.path.strip("/"),
        )
    except asyncpg.PostgresError as error:
        return f"no login: {error}"
    try:
        await connection.execute(statement)
    except asyncpg.PostgresError as error:
        return str(error)
    finally:
        await connection.close()
    return "done"


async def main() -> None:
    words = sys.argv[1:]
    print(json.dumps([await outcome(*pair) for pair in zip(words[::2], words[1::2], strict=True)]))


asyncio.run(main())
