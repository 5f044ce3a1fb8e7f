"""Bring the database's schema to what an image needs, before any of its containers starts."""

import re
from contextlib import suppress
from typing import Any

import pulumi
from docker import DockerClient
from docker.errors import NotFound
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult
from requests.exceptions import RequestException

from infra.steps import containers, proxy_guard

TRIGGERS = ("image", "database")
LONGEST_SECONDS = 7200
COMMAND = ["alembic", "upgrade", "head"]
# What the service's migrations/env.py says and how it ends.
OWN_SCHEMA = re.compile(r"this release's schema is (\w+)")
AHEAD, REFUSED = 4, 5


class _MigrationProvider(ResourceProvider):
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=any(_olds.get(key) != _news.get(key) for key in TRIGGERS))

    def create(self, props: dict[str, Any]) -> CreateResult:
        schema = _migrate(props)
        return CreateResult(id_=f"{props['name']}-migration", outs={**props, "schema": schema})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(outs={**_news, "schema": _migrate(_news)})


def _migrate(props: dict[str, Any]) -> str | None:
    """Run it; the result is the newest revision that the image knows."""
    name = f"{props['name']}-migration"
    with containers.connect(props["endpoint"]) as client:
        # Before anything: a release that cannot be proved must not have changed the schema.
        proxy_guard.refuse_closed(client, proxy=f"{props['name']}-proxy", service=props["name"])
        _remove_leftover(client, name)
        container = client.containers.create(
            props["image"],
            COMMAND,
            name=name,
            environment=props["environment"],
            network=props["network"],
            cpu_shares=int(props["cpuShares"]),
            cpu_period=int(props["cpuPeriod"]),
            cpu_quota=int(props["cpuQuota"]),
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
        )
        try:
            container.put_archive("/", containers.archive(props["files"]))
            container.start()
            status = _wait(container, int(props["timeout"]))
            if status != 0:
                raise _failure(status, containers.last_lines(container, 40))
            found = OWN_SCHEMA.search(container.logs(tail="all").decode(errors="replace"))
            return found[1] if found else None
        finally:
            container.remove(force=True)


def _failure(status: int, log: str) -> containers.JobFailed:
    what, fix = {
        AHEAD: (
            "This release is too old for the database; nothing was changed, and what served goes "
            "on serving.",
            "Choose a later release (make releases), or restore the data of its time as well.",
        ),
        REFUSED: (
            "The migration was refused; nothing was changed, and the old version goes on serving.",
            "Change the revision as it says, then run the same command again.",
        ),
    }.get(
        status,
        (
            f"The migration failed (exit {status}); the old version goes on serving.",
            "Fix the revision, then run the same command again.",
        ),
    )
    return containers.JobFailed(f"{what}\n{log}\n  {fix}")


def _remove_leftover(client: DockerClient, name: str) -> None:
    # An engine that was killed during a migration leaves its container behind.
    with suppress(NotFound):
        client.containers.get(name).remove(force=True)


def _wait(container: Any, timeout: int) -> int:
    gentle = containers.gentle_seconds(timeout)
    with suppress(RequestException):
        return int(container.wait(timeout=gentle)["StatusCode"])
    containers.lift_quota(container)
    try:
        return int(container.wait(timeout=timeout - gentle)["StatusCode"])
    except RequestException:
        raise containers.JobFailed(
            f"The migration took longer than {timeout} s and was ended; the old version goes on "
            f"serving.\n{containers.last_lines(container, 40)}\n"
            "  Fix: find what holds the lock, or allow more: "
            f"pulumi config set migrationTimeout {min(timeout * 2, LONGEST_SECONDS)}"
        ) from None


class Migration(Resource, module="taskmanager", name="Migration"):
    """`alembic upgrade head` in an ephemeral container of `image`.

    Run again for another image, and for another `database` (the id of its container).

    Inputs: name (of the deployment), endpoint, image, revisions (for a preview to show), database,
    network, cpuShares, cpuPeriod and cpuQuota (of the processor), environment, files (path to
    content, secret), timeout (seconds). `schema` is the newest revision that the image knows.
    """

    image: pulumi.Output[str]
    schema: pulumi.Output[str | None]

    def __init__(
        self, name: str, props: pulumi.Inputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(_MigrationProvider(), name, {"schema": None, **props}, opts)
