"""${message}"""

from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
# What migrations/lint.py objects to, each with the reason why it must be: {"rule": "why"}
accepted: dict[str, str] = {}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
