"""The commands that set the roles of the database; each runs in the Postgres container."""

from pathlib import Path

from infra.names import DATABASE, ROLE

PLACE = Path(__file__).parent
PASSWORD_SCRIPT = "/run/secrets/role.sql"  # noqa: S105 - a path


def set_password() -> list[str]:
    """Give the role that serves the password of the stack."""
    return ["psql", "-qU", ROLE, "-d", DATABASE, "-f", PASSWORD_SCRIPT]


def set_roles() -> list[str]:
    """Give the database its three roles; changes nothing where it has them."""
    return _bash("roles.sh")


def open_owner(seconds: int) -> list[str]:
    """Let the schema's owner log in for `seconds`; the output is the password."""
    return _bash("owner.sh", "open", str(seconds))


def close_owner() -> list[str]:
    """Take the owner's password away, and end its sessions."""
    return _bash("owner.sh", "close")


def _bash(script: str, *words: str) -> list[str]:
    # Not a file of the container: another file there would restart Postgres.
    return ["bash", "-c", (PLACE / script).read_text(), script, *words]
