"""How the containers of stack `local` are replaced, stopped and reached."""

import re

import pytest

from testkit.recorded.program import SINGLETONS, Graph, run

# How each container is replaced and stopped


def test_every_container_says_itself_how_it_is_replaced(graph: Graph) -> None:
    unsaid = [node.name for node in graph.containers if node.delete_before_replace is None]
    assert unsaid == [], "the provider's default deletes first and takes every dependent along"


def test_owners_of_a_port_or_a_volume_are_named_and_deleted_first(graph: Graph) -> None:
    singletons = [node for node in graph.containers if node not in graph.api]
    assert [node.name for node in singletons] == SINGLETONS
    for node in singletons:
        assert node.delete_before_replace is True, f"two of {node.name} cannot hold one volume"
        assert node.inputs["name"] == node.name, f"{node.name} is found by its name"


def test_api_containers_are_named_by_the_provider_and_created_first(graph: Graph) -> None:
    for node in graph.api:
        assert node.delete_before_replace is False, "the old one serves until the new one does"
        assert "name" not in node.inputs, "old and new of one name cannot live side by side"


def test_no_container_leaves_its_restart_policy_log_or_rights_to_docker(graph: Graph) -> None:
    for node in graph.containers:
        given = node.inputs
        assert given["restart"] == "unless-stopped", f"{node.name} must survive a reboot"
        assert set(given["logOpts"]) == {"max-size", "max-file"}, f"{node.name} fills the disk"
        assert given["logDriver"] == "json-file", f"{node.name}: the limits are this driver's"
        assert given["capabilities"]["drops"] == ["ALL"], f"{node.name} keeps Docker's rights"
        assert given["securityOpts"] == ["no-new-privileges"], f"{node.name} can gain rights"
        assert "privileged" not in given, f"{node.name} must not own the host"


def test_capabilities_are_written_as_docker_reads_them_back(graph: Graph) -> None:
    added = [name for node in graph.containers for name in node.inputs["capabilities"]["adds"]]
    assert [name for name in added if not name.startswith("CAP_")] == [], (
        "without CAP_ a refresh sees a difference, and the difference replaces the container"
    )


def test_api_containers_hold_no_capability_at_all(graph: Graph) -> None:
    assert [node.inputs["capabilities"]["adds"] for node in graph.api] == [[], []]


def test_the_backup_container_is_no_root_and_only_reads_the_uploads(graph: Graph) -> None:
    backup = graph.named("taskmanager-backup").inputs
    assert backup["user"] == "postgres", "Postgres decides which code runs there"
    assert backup["capabilities"]["adds"] == []
    only_read = {v["containerPath"] for v in backup["volumes"] if v.get("readOnly")}
    assert only_read == {"/uploads"}


def test_every_container_gets_time_to_stop(graph: Graph) -> None:
    hurried = [n.name for n in graph.containers if n.inputs.get("destroyGraceSeconds", 0) < 30]
    assert hurried == [], "without it the provider kills at once"
    postgres = graph.named("taskmanager-postgres")
    assert postgres.inputs["destroyGraceSeconds"] >= 60, "a checkpoint takes its time"


@pytest.mark.parametrize("drain", [1, 30, 600])
def test_an_api_container_outlives_the_drain_of_its_requests(drain: int) -> None:
    other = run(config={"drainTimeout": str(drain)})
    assert f"--drain-timeout={drain}s" in other.named("taskmanager-switch").inputs["options"]
    for node in other.api:
        assert node.inputs["destroyGraceSeconds"] > drain, "a request under way would be cut off"


def test_the_proxy_comes_first_for_the_processor_and_backups_come_last(graph: Graph) -> None:
    shares = {node.name: node.inputs.get("cpuShares", 1024) for node in graph.containers}
    first = {shares[f"taskmanager-{each}"] for each in ("proxy", "postgres", "redis")}
    last = {shares["taskmanager-backup"], graph.named("taskmanager-migration").inputs["cpuShares"]}
    serving = {shares[node.name] for node in graph.api}
    assert max(last) < min(serving)
    assert max(serving) < min(first)


def test_a_starting_container_takes_a_part_of_one_processor_in_short_slices(graph: Graph) -> None:
    for node in [*graph.api, graph.named("taskmanager-migration")]:
        quota, period = node.inputs["cpuQuota"], node.inputs["cpuPeriod"]
        assert quota < period / 2, f"{node.name}: two of them may start at once"
        assert quota >= 1000, "the engine takes no less"
        assert period <= 10_000, f"{node.name}: what serves waits while it works"


def test_memory_is_limited_with_its_swap_or_every_run_shows_a_change(graph: Graph) -> None:
    for node in graph.containers:
        assert ("memory" in node.inputs) == ("memorySwap" in node.inputs), node.name
        assert "networkMode" not in node.inputs, f"{node.name}: reads back as a difference"


def test_durations_are_written_as_go_prints_them(graph: Graph) -> None:
    checks = [n.inputs["healthcheck"] for n in graph.containers if "healthcheck" in n.inputs]
    assert checks, "the stores have a health check"
    for check in checks:
        for key in ("interval", "timeout", "startPeriod"):
            assert re.fullmatch(r"[1-5]?[0-9]s|\d+m[1-5]?[0-9]s", check[key]), (
                f"{key} {check[key]} reads back differently and is an update in every run"
            )


def test_the_stores_are_healthy_before_anything_uses_them(graph: Graph) -> None:
    for name in ("taskmanager-postgres", "taskmanager-redis"):
        given = graph.named(name).inputs
        assert given["wait"] is True, f"{name} counts as there before it answers"
        assert given["healthcheck"], f"{name}: to wait without a check is an error"


# Published ports


def test_only_the_proxy_publishes_a_port_and_only_where_it_is_told() -> None:
    other = run(config={"bindAddress": "127.0.0.2", "port": "9999"})
    published = {
        node.name: node.inputs["ports"] for node in other.containers if "ports" in node.inputs
    }
    assert published == {
        "taskmanager-proxy": [{"internal": 80, "external": 9999, "ip": "127.0.0.2"}]
    }, "a published port goes past most firewalls"
    assert other.exports["url"] == "http://127.0.0.2:9999"


def test_every_container_is_on_the_private_network_only(graph: Graph) -> None:
    for node in graph.containers:
        assert node.inputs["networksAdvanced"] == [{"name": "taskmanager"}], node.name


def test_an_ipv6_address_is_bracketed_in_the_url() -> None:
    other = run(config={"bindAddress": "::1"})
    assert other.exports["url"] == "http://[::1]:8080", "the smoke test asks it there"
    assert other.named("taskmanager-switch").inputs["url"] == "http://[::1]:8080"
