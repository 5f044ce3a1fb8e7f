"""Into a deployment's containers: their logs, the database, Redis, a shell."""

import signal
import subprocess
import sys
import threading
import time
from typing import IO, Any

from cli.deployed import Deployed
from infra.names import DATABASE, ROLE

NEW_CONTAINERS_SECONDS = 2.0


def logs(deployed: Deployed, *, follow: bool = True) -> int:
    """Print the api containers' last lines; go on with what comes if `follow`."""
    deployed.running("api-")
    if not follow:
        for container in deployed.containers("api-"):
            _copy(_lines(deployed, container, "--tail", "50"), _short(deployed, container))
        return 0
    seen: set[str] = set()
    while True:
        for container in deployed.containers("api-"):
            if container.id not in seen:
                _follow(deployed, container, tail="all" if seen else "50")
            seen.add(container.id)
        time.sleep(NEW_CONTAINERS_SECONDS)


def psql(deployed: Deployed) -> int:
    """psql in the Postgres container."""
    return _enter(deployed, "postgres", "psql", "-U", ROLE, "-d", DATABASE)


def redis(deployed: Deployed) -> int:
    """redis-cli in the Redis container."""
    return _enter(deployed, "redis", "redis-cli")


def shell(deployed: Deployed) -> int:
    """A shell in the first api container."""
    return _enter(deployed, "api-", "bash")


def _enter(deployed: Deployed, part: str, *command: str) -> int:
    terminal = ["--tty"] if sys.stdin.isatty() else []
    words = ["docker", "exec", "--interactive", *terminal, deployed.running(part).name, *command]
    inside = subprocess.Popen(words, env=deployed.environment())
    # Ctrl-C is for what runs inside, and the way there must stay open.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return inside.wait()


def _follow(deployed: Deployed, container: Any, *, tail: str) -> None:
    stream = _lines(deployed, container, "--follow", "--tail", tail)
    threading.Thread(target=_copy, args=(stream, _short(deployed, container)), daemon=True).start()


def _lines(deployed: Deployed, container: Any, *options: str) -> IO[str]:
    process = subprocess.Popen(
        ["docker", "logs", *options, container.name],
        env=deployed.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if process.stdout is None:
        raise OSError("a pipe was asked for")
    return process.stdout


def _copy(stream: IO[str], name: str) -> None:
    for line in stream:
        print(f"{name} | {line}", end="", flush=True)


def _short(deployed: Deployed, container: Any) -> str:
    return str(container.name).removeprefix(f"{deployed.prefix}-")
