"""The order of the resources of stack `local`, and those that outlive it."""

import pytest

from testkit.recorded import ec2
from testkit.recorded.program import SINGLETONS, Graph, Node, run

# Order

CHEAP = {"image", "database-image", "redis-image", "proxy-image", "migration-check"}
"""Resources that fail before anything runs: builds, pulls, the reading of the migrations."""
HARMLESS = ("index/volume:Volume", "pulumi:providers:docker", "pulumi:providers:aws")
"""Only made once, and never again while a volume keeps data."""


def test_nothing_is_deleted_before_everything_that_fails_cheaply_has_succeeded(
    graph: Graph,
) -> None:
    for name in SINGLETONS:
        needed = graph.needs(graph.named(name))
        assert {f"taskmanager-{part}" for part in CHEAP} <= needed, (
            f"a build that fails would leave no {name}"
        )


@pytest.mark.parametrize("name", ["local", *ec2.VARIANTS])
def test_nothing_that_can_fail_runs_while_a_container_is_deleted_to_be_made_again(
    name: str,
) -> None:
    graph = ec2.variant(name) if name in ec2.VARIANTS else run()
    owners = [node for node in graph.containers if node.delete_before_replace]
    assert owners
    for owner in owners:
        assert not _beside(graph, owner), (
            f"its failure would end the deployment before {owner.name} is made again"
        )


def _beside(graph: Graph, owner: Node) -> list[str]:
    """The resources that neither come before `owner` nor wait for it."""
    before = graph.needs(owner)
    return [
        node.name
        for node in graph.nodes
        if node.request.custom
        and node.urn != owner.urn
        and not node.type.endswith(HARMLESS)
        and node.name not in before
        and owner.name not in graph.needs(node)
    ]


def test_api_containers_come_after_the_migration(graph: Graph) -> None:
    for node in graph.api:
        assert "taskmanager-migration" in graph.needs(node), "code would meet yesterday's schema"


def test_the_migration_comes_after_healthy_stores_and_the_right_password(graph: Graph) -> None:
    needed = graph.needs(graph.named("taskmanager-migration"))
    stores = {"taskmanager-postgres", "taskmanager-redis"}
    assert {*stores, "taskmanager-role-password", "taskmanager-database-roles"} <= needed


def test_nothing_is_released_before_the_repository_of_backups_is_known_to_be_this_databases(
    graph: Graph,
) -> None:
    for node in (graph.named("taskmanager-migration"), *graph.api):
        assert "taskmanager-backup-check" in graph.needs(node), (
            "an empty database would serve beside the backups of a full one"
        )


def test_the_switch_comes_after_every_api_container_and_the_proxy(graph: Graph) -> None:
    needed = graph.needs(graph.named("taskmanager-switch"))
    assert {node.name for node in graph.api} | {"taskmanager-proxy"} <= needed


def test_only_the_release_history_comes_after_the_switch(graph: Graph) -> None:
    late = [n.name for n in graph.nodes if "taskmanager-switch" in graph.needs(n)]
    assert late == ["taskmanager-ledger"], (
        "a resource that waits for the switch is skipped when a release is refused"
    )


def test_a_replaced_store_takes_no_container_along(graph: Graph) -> None:
    stores = {graph.named(name).urn for name in SINGLETONS}
    for node in graph.containers:
        tied = [key for key, urns in node.properties.items() if urns & stores]
        assert tied == [], f"{node.name}.{tied} would be replaced, deleted first, with the store"


def test_only_steps_take_a_value_from_a_store_or_the_proxy(graph: Graph) -> None:
    stores = {graph.named(name).urn for name in SINGLETONS}
    tied = {n.name for n in graph.nodes if any(urns & stores for urns in n.properties.values())}
    steps = (
        "backup-check", "backup-owner", "role-password", "database-roles", "migration",
        "placeholder", "switch",
    )  # fmt: skip
    assert tied == {f"taskmanager-{step}" for step in steps}, (
        "steps run again for a new one; a container would be removed along with the old one"
    )


# Data


def test_data_volumes_outlive_the_stack(graph: Graph) -> None:
    kept = {n.name for n in graph.of("Volume") if n.request.retainOnDelete}
    assert kept == {
        "taskmanager-backups",
        "taskmanager-postgres-data",
        "taskmanager-redis-data",
        "taskmanager-uploads",
    }, "`make down` and a replaced volume must not take the users' data"


def test_each_volume_is_mounted_where_its_owner_writes(graph: Graph) -> None:
    mounted = {
        (n.name, v["volumeName"]): v["containerPath"]
        for n in graph.containers
        for v in n.inputs["volumes"]
    }
    assert {volume for _, volume in mounted} == {node.name for node in graph.of("Volume")}, (
        "a volume that no container mounts, or a path that dies with its container"
    )
    assert mounted["taskmanager-postgres", "taskmanager-postgres-data"] == (
        "/var/lib/postgresql/data"
    )
    assert mounted["taskmanager-redis", "taskmanager-redis-data"] == "/data"


def test_only_a_machine_that_outlives_its_stacks_puts_a_locked_repository_aside() -> None:
    graphs = {"local": run(), "prod": ec2.variant("prod")}
    first = {
        name: graph.named(f"{prefix}-backup-check").inputs["first"]
        for (name, graph), prefix in zip(
            graphs.items(), ("taskmanager", "taskmanager-prod"), strict=True
        )
    }
    assert first == {"local": ["first"], "prod": []}
