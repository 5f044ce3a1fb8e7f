"""Into a deployment's containers: the database, Redis, a shell."""

import signal
import subprocess
import sys

from cli import database_roles
from cli.deployed import Deployed
from infra.names import ADMIN, DATABASE, ROLE


def psql(deployed: Deployed) -> int:
    """Open psql in the Postgres container, as the superuser."""
    # One of before the roles has another superuser until the next deployment.
    admin = ROLE if database_roles.are_missing(deployed) else ADMIN
    return _exec(deployed, "postgres", "psql", "-U", admin, "-d", DATABASE)


def redis(deployed: Deployed) -> int:
    """redis-cli in the Redis container."""
    return _exec(deployed, "redis", "redis-cli")


def shell(deployed: Deployed) -> int:
    """A shell in the first api container."""
    return _exec(deployed, "api-", "bash")


def _exec(deployed: Deployed, part: str, *command: str) -> int:
    terminal = ["--tty"] if sys.stdin.isatty() else []
    words = ["docker", "exec", "--interactive", *terminal, deployed.running(part).name, *command]
    inside = subprocess.Popen(words, env=deployed.environment())
    # Ctrl-C is for what runs inside, and the way there must stay open.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return inside.wait()
