"""The images of a deployment to this machine: how they are built, named and used."""

import pytest

from testkit.deployment import free_port
from testkit.recorded.docker_engine import CONTAINERD, FakeEngine
from testkit.recorded.program import (
    DIGEST,
    IMAGE_ID,
    Graph,
    run,
)

PREBUILT = f"registry.test/owner/api@{DIGEST}"


@pytest.fixture(scope="module")
def prebuilt() -> Graph:
    return run(config={"image": PREBUILT})


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


def test_two_deployments_on_one_machine_build_under_two_tags() -> None:
    def names(graph: Graph) -> set[str]:
        return {node.inputs["imageName"] for node in graph.of("docker:index/image:Image")}

    first, second = names(run()), names(run(config={"name": "blue", "port": str(free_port())}))
    assert {name.rpartition(":")[2] for name in first} == {"local", "local-postgres"}
    assert first.isdisjoint(second), "the provider asks for a build's digest by its tag"
