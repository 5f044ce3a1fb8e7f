"""What stack `local` asks the engine for, read off the recorded graph of the whole program."""

import re
import sys

import pytest

from tests.infra.fakes import CONTAINERD, FakeEngine
from tests.infra.graph import (
    BACKUP_SECRET,
    DIGEST,
    IMAGE_ID,
    PASSWORD,
    PROJECT,
    SECRET_KEY,
    SECRET_VALUES,
    Graph,
    Node,
    run,
    unmarked,
)

PREBUILT = f"registry.test/owner/api@{DIGEST}"
SINGLETONS = [
    "taskmanager-backup",
    "taskmanager-postgres",
    "taskmanager-proxy",
    "taskmanager-redis",
]
TOKENS = {
    "taskmanager:docker:Backup",
    "taskmanager:docker:Datastore",
    "taskmanager:docker:Edge",
    "taskmanager:docker:Image",
    "taskmanager:docker:Network",
    "taskmanager:docker:Release",
    "pulumi-python:dynamic/taskmanager:Ledger",
    "pulumi-python:dynamic/taskmanager:Migration",
    "pulumi-python:dynamic/taskmanager:Script",
    "pulumi-python:dynamic/taskmanager:Switch",
}


@pytest.fixture(scope="module")
def graph() -> Graph:
    return run()


@pytest.fixture(scope="module")
def prebuilt() -> Graph:
    return run(config={"image": PREBUILT})


def _child(node: Node) -> bool:
    return node.type not in TOKENS or node.type.startswith("pulumi-python:")


# Names and parents


def test_every_resource_but_the_provider_belongs_to_a_component(graph: Graph) -> None:
    components = {node.urn for node in graph.nodes if not _child(node)}
    astray = [
        node.name
        for node in graph.nodes
        if _child(node) and not node.type.startswith("pulumi:") and node.parent not in components
    ]
    assert astray == [], "a child without its component is lost in `pulumi stack` and in aliases"


def test_every_name_on_the_host_starts_with_the_deployments_name() -> None:
    other = run(config={"name": "blue"}, engine=FakeEngine(port_holder="blue-proxy"))
    children = [node for node in other.nodes if not node.type.startswith("pulumi:")]
    assert [n.name for n in children if not re.match(r"blue(-|$)", n.name)] == [], (
        "two deployments on one host would collide"
    )
    given = [
        str(node.inputs["name"])
        for node in children
        if node.type.startswith("docker:")
        and "name" in node.inputs
        and "remoteImage" not in node.type
    ]
    assert [name for name in given if not re.match(r"blue(-|$)", name)] == [], (
        "the name on the host counts, not only the one in the state"
    )
    assert PROJECT not in unmarked([n.inputs.get("name", "") for n in other.containers]), (
        "a name that ignores `name` collides with the deployment that has the default"
    )


def test_no_two_resources_of_a_type_share_a_name(graph: Graph) -> None:
    urns = [node.urn for node in graph.nodes]
    assert len(urns) == len(set(urns)), "the real engine refuses a URN that is there twice"


def test_the_type_tokens_are_the_listed_ones(graph: Graph) -> None:
    ours = {node.type for node in graph.nodes if "taskmanager" in node.type}
    assert ours == TOKENS, (
        "a token is an address in every state file: a change needs an alias, then a change here"
    )


def test_everything_on_the_host_goes_through_the_targets_provider(graph: Graph) -> None:
    used = {node.provider.split("::")[-2] for node in graph.nodes if node.type.startswith("docker")}
    assert used == {"local"}, "the default provider talks to whatever DOCKER_HOST says"


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


# What is reachable


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
    assert other.exports["url"] == "http://[::1]:8080", "unbracketed, the gate never gets through"
    assert other.named("taskmanager-switch").inputs["url"] == "http://[::1]:8080"


# Secrets


def test_no_environment_holds_a_secret(graph: Graph) -> None:
    migration = graph.named("taskmanager-migration").inputs["environment"]
    for name, envs in [*((n.name, n.envs) for n in graph.containers), ("migration", migration)]:
        telling = [key for key in envs if re.search("PASSWORD|SECRET|TOKEN|KEY", key)]
        assert [key for key in telling if not key.endswith("_FILE")] == [], (
            f"`docker inspect` shows the environment of {name} to everyone"
        )
        for secret in SECRET_VALUES:
            assert secret not in str(envs), f"{name} has a secret under a harmless name"


def test_secrets_appear_only_where_the_state_encrypts_them(graph: Graph) -> None:
    for node in graph.nodes:
        for secret in SECRET_VALUES:
            assert secret not in unmarked(node.marked), f"{node.name} puts it in the state in clear"
    assert all(secret not in unmarked(graph.exports) for secret in SECRET_VALUES)


def test_secrets_reach_the_containers_at_all(graph: Graph) -> None:
    for name in ("taskmanager-api-1", "taskmanager-api-2", "taskmanager-postgres"):
        assert any(secret in str(graph.named(name).inputs["uploads"]) for secret in SECRET_VALUES)
    for secret in (PASSWORD, SECRET_KEY):
        assert secret in str(graph.named("taskmanager-migration").inputs["files"])


def test_the_secret_of_the_backups_is_only_where_backups_are_made(graph: Graph) -> None:
    holders = [n.name for n in graph.containers if BACKUP_SECRET in str(n.inputs.get("uploads"))]
    assert holders == ["taskmanager-backup", "taskmanager-postgres"], (
        "whoever gets into the api must not read what was deleted last week"
    )


def test_no_secret_is_in_a_command_line(graph: Graph) -> None:
    script = graph.named("taskmanager-role-password").inputs["command"]
    commands = [*(node.inputs.get("command") for node in graph.containers), script]
    assert all(secret not in str(commands) for secret in SECRET_VALUES), "`ps` shows it"


def test_a_file_that_a_container_is_told_of_is_put_there(graph: Graph) -> None:
    for node in graph.containers:
        files = {upload["file"] for upload in node.inputs.get("uploads", [])}
        told = {value for key, value in node.envs.items() if key.endswith("_FILE")}
        assert told <= files, f"{node.name} looks for a file that is not there"
    migration = graph.named("taskmanager-migration").inputs
    told = {v for key, v in migration["environment"].items() if key.endswith("_FILE")}
    assert told <= set(migration["files"])


def test_a_password_of_any_characters_makes_a_valid_address() -> None:
    odd = "p@ss:w/rd?#%20[] +'\"\\é"
    other = run(config={"databasePassword": odd})
    uploads = {u["file"]: u["content"] for u in other.api[0].inputs["uploads"]}
    from sqlalchemy.engine import make_url

    url = make_url(uploads["/run/secrets/database_url"])
    assert (url.password, url.host) == (odd, "taskmanager-postgres"), "some of it was read as host"


# Order


def test_api_containers_come_after_the_migration(graph: Graph) -> None:
    for node in graph.api:
        assert "taskmanager-migration" in graph.needs(node), "code would meet yesterday's schema"


def test_the_migration_comes_after_healthy_stores_and_the_right_password(graph: Graph) -> None:
    needed = graph.needs(graph.named("taskmanager-migration"))
    assert {"taskmanager-postgres", "taskmanager-redis", "taskmanager-role-password"} <= needed


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


def test_only_the_ledger_comes_after_the_switch(graph: Graph) -> None:
    late = [n.name for n in graph.nodes if "taskmanager-switch" in graph.needs(n)]
    assert late == ["taskmanager-ledger"], (
        "what waits for the switch is skipped when a release is refused"
    )


def test_a_replaced_store_takes_no_container_along(graph: Graph) -> None:
    stores = {graph.named(name).urn for name in SINGLETONS}
    for node in graph.containers:
        tied = [key for key, urns in node.properties.items() if urns & stores]
        assert tied == [], f"{node.name}.{tied} would be replaced, deleted first, with the store"


def test_only_jobs_take_a_value_from_a_store_or_the_proxy(graph: Graph) -> None:
    stores = {graph.named(name).urn for name in SINGLETONS}
    tied = {n.name for n in graph.nodes if any(urns & stores for urns in n.properties.values())}
    jobs = ("backup-check", "role-password", "migration", "switch")
    assert tied == {f"taskmanager-{job}" for job in jobs}, (
        "jobs run again for a new one; a container would be removed along with the old one"
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
        "a volume that nobody mounts, or a path that dies with its container"
    )
    assert mounted["taskmanager-postgres", "taskmanager-postgres-data"] == (
        "/var/lib/postgresql/data"
    )
    assert mounted["taskmanager-redis", "taskmanager-redis-data"] == "/data"


# Images


def test_containers_run_images_by_content_not_by_tag(graph: Graph) -> None:
    for node in graph.containers:
        image = node.inputs["image"]
        assert image == IMAGE_ID or image.endswith(f"@{DIGEST}"), (
            f"{node.name} runs {image}: a tag makes previews lie and rollbacks inexact"
        )


def test_every_api_container_and_the_migration_run_the_same_build(graph: Graph) -> None:
    images = {node.inputs["image"] for node in graph.api}
    images.add(graph.named("taskmanager-migration").inputs["image"])
    assert images == {f"ghcr.io/owner/task-manager-api@{DIGEST}"}
    assert graph.exports["release"] == DIGEST


def test_the_release_that_is_waited_for_is_the_one_that_is_started(graph: Graph) -> None:
    told = {node.envs["RELEASE"] for node in graph.api}
    assert told == {graph.named("taskmanager-switch").inputs["release"]}, "the gate waits forever"


def test_the_local_build_pushes_nothing(graph: Graph) -> None:
    assert graph.named("taskmanager-image", "image:Image").inputs["skipPush"] is True


def test_a_prebuilt_image_is_pulled_and_not_built(prebuilt: Graph) -> None:
    assert [node.name for node in prebuilt.of("image:Image")] == ["taskmanager-database-image"], (
        "a rollback must not need the service's source"
    )
    both = run(config={"image": PREBUILT, "postgresImage": PREBUILT})
    assert both.of("image:Image") == [], "nothing is left to build"
    pulled = prebuilt.named("taskmanager-image-pull")
    assert pulled.inputs["name"] == PREBUILT
    assert pulled.inputs["keepLocally"] is True, "going back to it must not need a download"
    for node in [*prebuilt.api, prebuilt.named("taskmanager-migration")]:
        assert node.inputs["image"] == PREBUILT
        assert pulled.name in prebuilt.needs(node), "the swap would wait for the download"
    assert prebuilt.exports["release"] == DIGEST


# Replicas


@pytest.mark.parametrize("replicas", [1, 2, 5, 16])
def test_each_replica_is_a_container_and_a_target_of_the_proxy(replicas: int) -> None:
    other = run(config={"replicas": str(replicas)})
    names = [f"{node.name}-0a1b2c3" for node in other.api]
    assert len(names) == replicas
    assert sorted(other.named("taskmanager-switch").inputs["targets"]) == sorted(names), (
        "a container that is no target serves nothing"
    )
    assert sorted(other.exports["containers"]) == sorted(names)


# The engine


def test_local_never_loads_the_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    # None makes the import fail, also where an earlier test has loaded it.
    monkeypatch.setitem(sys.modules, "pulumi_aws", None)
    assert run().containers, "it costs a second in every run of a stack that has no use for it"


@pytest.mark.parametrize(
    ("asked", "store", "used"),
    [
        ("auto", CONTAINERD, "BuilderV1"),
        ("auto", [["Backing Filesystem", "extfs"]], "BuilderBuildKit"),
        ("auto", None, "BuilderBuildKit"),
        ("buildkit", CONTAINERD, "BuilderBuildKit"),
        ("classic", [["Backing Filesystem", "extfs"]], "BuilderV1"),
    ],
)
def test_the_builder_is_the_one_that_works_on_the_image_store(
    asked: str, store: list[list[str]] | None, used: str
) -> None:
    other = run(config={"builder": asked}, engine=FakeEngine(driver_status=store))
    build = other.named("taskmanager-image", "image:Image").inputs["build"]
    assert build["builderVersion"] == used


@pytest.mark.parametrize(
    ("machine", "platform"), [("x86_64", "linux/amd64"), ("aarch64", "linux/arm64")]
)
def test_the_image_is_built_for_the_engine_that_runs_it(machine: str, platform: str) -> None:
    other = run(engine=FakeEngine(architecture=machine))
    assert other.named("taskmanager-image", "image:Image").inputs["build"]["platform"] == platform


def test_docker_host_decides_which_engine_is_used_everywhere() -> None:
    address = "unix:///run/user/1000/docker.sock"
    other = run(environment={"DOCKER_HOST": address})
    assert other.named("local", "providers:docker").inputs["host"] == address
    jobs = [node for node in other.nodes if node.type.startswith("pulumi-python:")]
    assert {node.inputs["endpoint"] for node in jobs} == {address}, "a job asks another engine"
    assert set(other.engine.addresses) == {address}


def test_a_preview_writes_nothing() -> None:
    assert run(preview=True).engine.written == []
    assert run().engine.written == ["taskmanager-write-check"], "a run does check the store"


def test_two_runs_ask_for_the_same() -> None:
    first, second = run(), run()
    assert {n.urn: n.marked for n in first.nodes} == {n.urn: n.marked for n in second.nodes}, (
        "whatever differs is an update in every run"
    )
