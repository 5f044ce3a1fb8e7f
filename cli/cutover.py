"""The part of a restore during which the service is closed: other files below Postgres."""

import time
from contextlib import suppress
from typing import Any

from docker.errors import APIError, DockerException

from cli import backups, database_roles, traffic, uploads
from cli.deployed import Deployed
from infra.errors import UserError
from infra.names import DATABASE, ROLE

STOP_SECONDS = 300
"""For the last of the log to reach the repository."""
POLL_SECONDS = 0.5
IN_RECOVERY = "SELECT pg_is_in_recovery()"
PAGE = "The data is being restored. The service will be back shortly."


def step(deployed: Deployed, *words: str) -> None:
    """One step of infra/scripts/restore.sh.

    Raises UserError when it fails; why, it has said itself.
    """
    if not backups.succeeds(deployed, "restore", *words):
        raise _stopped(words[0])


def _stopped(step: str) -> UserError:
    return UserError(f"The restore stopped at the step `{step}`, for the reason above.")


def is_open(deployed: Deployed) -> bool:
    """Whether requests are answered now; without a proxy nothing was closed."""
    return not _is_proxied(deployed) or traffic.state(deployed)[0] == traffic.RUNNING


def carry_out(deployed: Deployed, move: str, *, to: str = "", opens: bool) -> None:
    """Close, stop, `move` the files, start, bring everything in line, open if it `opens`.

    Each step may have been done before. Raises UserError when one fails: all is closed then.
    """
    proxied = _is_proxied(deployed)
    health_seconds = int(deployed.stack.setting("healthTimeout"))
    began = time.monotonic()
    if proxied:
        print("The service is closed now.", flush=True)
        traffic.close(deployed, PAGE)
    for container in deployed.containers("api-"):
        container.stop(timeout=STOP_SECONDS)
    # A restore that was cut off may have left older data, without the role that backs it up.
    with suppress(UserError, DockerException):
        database_roles.restore(deployed)
    if move == "swap":
        step(deployed, "seal")
    elif not backups.succeeds(deployed, "restore", "seal"):
        # It is no reason to refuse to go back.
        print("! The last minute of the data that is set aside is in no backup.")
    _postgres(deployed).stop(timeout=STOP_SECONDS)
    step(deployed, move)
    _start_postgres(deployed)
    step(deployed, "record_timeline")
    if move == "swap" and not uploads.are_restored(deployed, to):
        raise _stopped("uploads")
    _serve(deployed, limit=health_seconds)
    if proxied and opens:
        traffic.resume(deployed)
        print(f"It was closed for {time.monotonic() - began:.0f} s.", flush=True)
    step(deployed, "finish")
    if not proxied:
        print(f"The proxy sends requests to no container yet. Next: {deployed.stack.make('up')}")
    elif not opens:
        print(f"It was closed before, and stays so until: {deployed.stack.make('maintenance-off')}")


def _is_proxied(deployed: Deployed) -> bool:
    try:
        traffic.state(deployed)
    except UserError:
        return False
    return True


def _postgres(deployed: Deployed) -> Any:
    found = deployed.containers("postgres")
    if not found:
        raise UserError(f"There is no Postgres. Fix: {deployed.stack.make('up')}")
    return found[0]


def _start_postgres(deployed: Deployed) -> None:
    """With the roles and the password of the stack: the data may be older than those."""
    container = _postgres(deployed)
    container.start()
    container.reload()
    restarts = container.attrs["RestartCount"]
    print("Postgres reads the log …", flush=True)
    while _psql(container, "-Atc", IN_RECOVERY) != "f":
        container.reload()
        if container.attrs["RestartCount"] > restarts or container.status == "exited":
            said = container.logs(tail=200).decode(errors="replace").splitlines()
            container.stop(timeout=STOP_SECONDS)
            grave = [line for line in said if "FATAL" in line or "PANIC" in line]
            reason = [line for line in grave if "starting up" not in line]
            raise UserError("\n".join(["Postgres does not start on these files:", *reason[-3:]]))
        time.sleep(POLL_SECONDS)
    database_roles.restore(deployed)


def _psql(container: Any, *words: str) -> str:
    """The output of psql; its own message where Postgres does not answer yet."""
    try:
        result = container.exec_run(["psql", "-qU", ROLE, "-d", DATABASE, *words])
    except APIError:
        # It has just ended.
        return ""
    return result.output.decode(errors="replace").strip()


def _serve(deployed: Deployed, *, limit: int) -> None:
    """Start the release that served, on its own schema and with an empty Redis."""
    wanted = deployed.outputs.get("containers")
    # A first deployment that stopped halfway has no such output yet.
    serving = [
        container
        for container in deployed.containers("api-")
        if not wanted or container.name in wanted
    ]
    for container in serving:
        container.start()
    if deployed.containers("redis"):
        deployed.ask("redis", "redis-cli", "flushall")
    if serving:
        print("The schema is brought up to date …", flush=True)
        _migrate(deployed, serving[0])
    deadline = time.monotonic() + limit
    for container in serving:
        while _unwell(container):
            if time.monotonic() > deadline:
                raise UserError(
                    f"{container.name} is not healthy after {limit} s: {_unwell(container)}"
                )
            time.sleep(POLL_SECONDS)


def _migrate(deployed: Deployed, serving: Any) -> None:
    try:
        database_roles.migrate(deployed, serving)
    except UserError as problem:
        open_again = deployed.stack.make("maintenance-off")
        raise UserError(
            f"The release that serves cannot work with this data: {problem}\n"
            f"  Fix: go back as below, or run {open_again} and release a version that can "
            f"({deployed.stack.make('releases')})"
        ) from None


def _unwell(container: Any) -> str:
    """The message of the image's health check; empty if the container is healthy."""
    check = container.attrs["Config"]["Healthcheck"]["Test"]
    words = check[1:] if check[0] == "CMD" else ["/bin/sh", "-c", check[1]]
    result = container.exec_run(words)
    return "" if result.exit_code == 0 else result.output.decode(errors="replace").strip() or "no"
