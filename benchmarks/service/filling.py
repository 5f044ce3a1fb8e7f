"""Users, tasks, comments, shares and an activity log, made by Postgres itself."""

from dataclasses import dataclass

import asyncpg
from argon2 import PasswordHasher

PASSWORD = "password"  # noqa: S105 - of users who live as long as the bench
PER_USER = 200
# One task in ten has a timeline of ten entries; it is the tasks whose id ends in 0.
ENTRIES = 10

EMPTY = "TRUNCATE users, tasks, activity_logs RESTART IDENTITY CASCADE"
USERS = """
INSERT INTO users (username, email, hashed_password)
SELECT 'user' || n, 'user' || n || '@bench.test', $2 FROM generate_series(1, $1::int) AS n
"""
TASKS = """
INSERT INTO tasks (title, description, completed, priority, due_date, tags, user_id, created_at)
SELECT 'task ' || n || ' word ' || n % 97, 'what task ' || n || ' is about, at some length',
    n % 3 = 0, (ARRAY['low', 'medium', 'high'])[1 + n % 3], date '2026-01-01' + n % 700,
    ARRAY['tag' || n % 20, 'tag' || 20 + n % 7], 1 + n % $2::int,
    timestamptz '2026-01-01' + n * interval '1 second'
FROM generate_series(1, $1::int) AS n
"""
COMMENTS = """
INSERT INTO task_comments (task_id, user_id, content)
SELECT n * 3, 1 + n % $2::int, 'comment ' || n FROM generate_series(1, $1::int / 3) AS n
"""
SHARES = """
INSERT INTO task_shares (task_id, shared_with_user_id, permission, shared_by_user_id)
SELECT n * 20, 1 + (n * 20 + 1) % $2::int, 'edit', 1 + (n * 20) % $2::int
FROM generate_series(1, $1::int / 20) AS n
"""
ACTIVITY = """
INSERT INTO activity_logs
    (user_id, action, resource_type, resource_id, task_id, details, created_at)
SELECT 1 + task % $2::int, (ARRAY['created', 'updated', 'updated'])[1 + n % 3], 'task', task, task,
    jsonb_build_object('title', 'task ' || task, 'changed_fields', jsonb_build_array('title')),
    timestamptz '2026-01-01' + n * interval '1 second'
FROM generate_series(1, $1::int) AS n, LATERAL (SELECT 10 + 10 * (n % ($1::int / 10))) AS t (task)
"""


@dataclass(frozen=True)
class Size:
    """A number of tasks, and as many entries in the activity log."""

    tasks: int

    @property
    def users(self) -> int:
        return self.tasks // PER_USER

    def __str__(self) -> str:
        millions, thousands = divmod(self.tasks // 1000, 1000)
        return f"{millions} M" if millions else f"{thousands} k"


async def fill(database_url: str, size: Size) -> None:
    """Replaces everything there is; a million tasks take about a minute."""
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(EMPTY)
        await connection.execute(USERS, size.users, PasswordHasher(2, 19456, 1).hash(PASSWORD))
        for statement in (TASKS, COMMENTS, SHARES, ACTIVITY):
            # By the statistics of a smaller size each foreign key is checked by a whole table.
            await connection.execute("ANALYZE")
            await connection.execute(statement, size.tasks, size.users)
        await connection.execute("VACUUM ANALYZE")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


def username(user: int) -> str:
    return f"user{user}"


def owner_of(task: int, size: Size) -> int:
    return 1 + task % size.users


def with_timeline(task: int, size: Size) -> int:
    """A task near the given one that the log has entries of."""
    return min(10 * (1 + task // ENTRIES), size.tasks)
