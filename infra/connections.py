"""How many connections of Postgres a deployment needs at most, and how many Postgres allows.

During a release old and new containers run side by side, each process with a pool of its own.
"""

from collections.abc import Mapping
from typing import Any, cast

import pulumi

POOL = 10
"""The connections of one process of the service: the default of its DATABASE_POOL_SIZE."""
PROCESSES = 1
"""The processes in one api container: the default of the service's WEB_CONCURRENCY."""
SIDE_BY_SIDE = 2
"""The releases that run at the same time during a switch."""
MIGRATION, BACKUPS, PEOPLE = 2, 4, 10
"""Connections for the migration, for the backups with their drill, and for psql and status."""
DEFAULT = STEP = 100
"""Postgres's default for `max_connections`, and the step by which it grows."""
OUTPUT = "connections"
"""The stack's output that says how many the Postgres container allows."""
READ_OUTPUTS = "pulumi:pulumi:readStackOutputs"
LARGEST_SHARE = 0.75
# RDS allows DBInstanceClassMemory / 9531392 connections; the class' memory is less than its name's.
RDS_BYTES = 9_531_392
CLASS_GIB: Mapping[str, int] = {"micro": 1, "small": 2, "medium": 4, "large": 8, "xlarge": 16}


def needed(replicas: int) -> int:
    """The connections that a release of `replicas` api containers needs at most."""
    service = SIDE_BY_SIDE * replicas * PROCESSES * POOL
    return service + MIGRATION + BACKUPS + PEOPLE


def allowed(replicas: int) -> int:
    """`max_connections` of the Postgres container: enough for `replicas`, in steps of STEP.

    Another value restarts Postgres, so one more replica seldom changes it.
    """
    return max(DEFAULT, -(-needed(replicas) // STEP) * STEP)


def kept(replicas: int) -> int:
    """`max_connections` for `replicas`, and never fewer than the last deployment left.

    Postgres is restarted before the release, while the earlier and perhaps more numerous containers
    serve. A connection that is not used costs some 20 KiB, a restart 2 s of 503: it is not lowered
    later either.
    """
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    # Of this stack itself: a StackReference does the same, and would be one more resource.
    answer = cast(dict[str, Any], pulumi.runtime.invoke(READ_OUTPUTS, {"name": stack}).value)
    outputs: dict[str, Any] = answer.get("outputs") or {}
    containers: list[str] = outputs.get("containers") or []
    # Stacks of before 2026-11-26 do not say it.
    serving = allowed(len(containers))
    return max(allowed(replicas), serving, int(outputs.get(OUTPUT) or 0))


def too_many(replicas: int, database_class: str) -> list[str]:
    """A line where RDS of the class `database_class` allows fewer than `replicas` need."""
    memory = CLASS_GIB.get(database_class.rpartition(".")[2])
    if memory is None:
        return []
    limit = int(LARGEST_SHARE * memory * 2**30 / RDS_BYTES)
    fitting = max((count for count in range(1, replicas) if needed(count) <= limit), default=1)
    if needed(replicas) <= limit:
        return []
    return [
        f"taskmanager:replicas is {replicas}: a release needs {needed(replicas)} connections of "
        f"Postgres (old and new containers, migration, backups and people), and {database_class} "
        f"allows about {limit}. Fix: pulumi config set taskmanager:replicas {fitting}, or choose a "
        "larger taskmanager:databaseClass"
    ]
