"""The same workload on AWS: image, names, settings, messages, and what a new machine is told."""

import json

import pulumi
import pytest

from testkit.recorded.docker_engine import FakeEngine
from testkit.recorded.ec2 import STACKS, deploy
from testkit.recorded.program import DIGEST, ROOT, TOKEN, Graph, run

PREBUILT = f"ghcr.io/owner/task-manager-api@{DIGEST}"
BOOTSTRAP = ROOT / "infra" / "targets" / "ec2" / "bootstrap.yaml"
LIMIT_OF_USER_DATA = 16384


@pytest.fixture(scope="module", params=STACKS)
def graph(request: pytest.FixtureRequest) -> Graph:
    return deploy(request.param)


# The workload


def test_the_workload_is_the_one_of_the_local_stack() -> None:
    def workload(graph: Graph, prefix: str) -> set[tuple[str, str]]:
        found = [n for n in graph.nodes if n.type.startswith(("docker:", "taskmanager:docker"))]
        return {(n.type, n.name.removeprefix(prefix)) for n in found}

    local = run(config={"replicas": "1"})
    extra = workload(deploy("dev"), "taskmanager-dev") - workload(local, "taskmanager")
    pulls = {"-image-pull", "-database-image-pull"}
    assert extra == {("docker:index/remoteImage:RemoteImage", pull) for pull in pulls}, (
        "what differs between the stacks belongs in the target"
    )


def test_the_image_is_built_here_pushed_and_pulled_there_by_digest(graph: Graph) -> None:
    for image in graph.of("image:Image"):
        assert image.provider.split("::")[-2] == "builder", "the host would compile, not serve"
        assert image.inputs["skipPush"] is False
        assert image.inputs["registry"]["server"] == "ghcr.io"
    pulled = [node for node in graph.of("RemoteImage") if node.name.endswith("image-pull")]
    assert len(pulled) == len(graph.of("image:Image"))
    for node in pulled:
        assert node.inputs["name"].endswith(f"@{DIGEST}")
        assert node.provider.split("::")[-2] == "ec2"
    names = {node.inputs["name"] for node in pulled}
    for node in graph.api:
        assert node.inputs["image"] in names, "the swap would wait for the download"


def test_the_host_pulls_with_credentials_that_stay_with_the_provider(graph: Graph) -> None:
    given = graph.named("ec2", "providers:docker").inputs["registryAuth"]
    # A provider's inputs that are no text travel as JSON.
    [auth] = given if isinstance(given, list) else json.loads(given)
    assert auth["address"] == "ghcr.io"
    assert auth["password"] == TOKEN


def test_a_token_of_the_stack_comes_before_the_environments() -> None:
    other = deploy("dev", {"registryToken": "token-of-the-stack"})
    image = other.of("image:Image")[0]
    assert image.inputs["registry"]["password"] == "token-of-the-stack"


def test_a_prebuilt_public_image_needs_neither_token_nor_engine() -> None:
    broken = FakeEngine(connection_error=OSError("no engine here"))
    images = {"image": PREBUILT, "postgresImage": PREBUILT}
    other = deploy("dev", images, environment={"GITHUB_TOKEN": ""}, engine=broken)
    assert other.of("image:Image") == []
    assert "registryAuth" not in other.named("ec2", "providers:docker").inputs, (
        "credentials that are not there make the provider fail"
    )


@pytest.mark.parametrize(
    ("kind", "architecture", "platform"),
    [("t3.small", "x86_64", "linux/amd64"), ("t4g.small", "arm64", "linux/arm64")],
)
def test_the_image_fits_the_processor(kind: str, architecture: str, platform: str) -> None:
    other = deploy("dev", {"instanceType": kind, "architecture": architecture})
    platforms = {image.inputs["build"]["platform"] for image in other.of("image:Image")}
    assert platforms == {platform}


def test_a_processor_that_the_engine_cannot_emulate_is_told_before_the_build() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        deploy("prod", engine=FakeEngine(emulators=frozenset()))
    assert "for linux/arm64" in str(caught.value)
    assert "tonistiigi/binfmt --install arm64" in str(caught.value)
    assert caught.value.graph.of("image:Image") == []  # type: ignore[attr-defined]
    assert deploy("prod", engine=FakeEngine(emulators=frozenset({"arm64"}))).of("image:Image")
    assert deploy("dev", engine=FakeEngine(emulators=frozenset())).of("image:Image")


def test_a_stand_in_for_a_base_image_is_not_deployed() -> None:
    stand_in = FakeEngine(images={"python:3.12-slim": []})
    with pytest.raises(pulumi.RunError, match=r"Fix: docker pull python:3\.12-slim"):
        deploy("dev", engine=stand_in)
    trial = {"repository": "127.0.0.1:5000/owner/task-manager-api"}
    assert deploy("dev", trial, engine=stand_in).of("image:Image"), "a registry of this machine"
    pulled = FakeEngine(images={"python:3.12-slim": ["python@sha256:0a"]})
    assert deploy("dev", engine=pulled).of("image:Image")


def test_an_image_names_the_repository_that_it_is_from() -> None:
    source = "https://github.com/owner/tasks"
    for image in deploy("dev", {"sourceUrl": source}).of("image:Image"):
        assert image.inputs["build"]["args"]["SOURCE_URL"] == source
    for image in deploy("dev").of("image:Image"):
        assert "SOURCE_URL" not in image.inputs["build"].get("args", {})


# TLS


def test_with_a_domain_the_proxy_gets_certificates_and_the_service_one_name() -> None:
    other = deploy("prod")
    options = other.named("taskmanager-prod-switch").inputs["options"]
    assert {"--host=tasks.example.com", "--tls"} <= set(options)
    assert other.exports["url"] == "https://tasks.example.com"
    state = other.named("taskmanager-prod-proxy-state")
    assert state.request.retainOnDelete, "authorities limit how often they issue one"


def test_further_names_get_certificates_and_records_and_redirect_to_the_first() -> None:
    names = {"domain": "tasks.example.com, www.example.com", "zoneId": "Z0123456789ABC"}
    other, one = deploy("prod", names), deploy("prod", {"zoneId": "Z0123456789ABC"})
    options = other.named("taskmanager-prod-switch").inputs["options"]
    assert set(options) - set(one.named("taskmanager-prod-switch").inputs["options"]) == {
        "--host=www.example.com",
        "--canonical-host=tasks.example.com",
    }
    assert other.exports["url"] == "https://tasks.example.com"
    records = {record.inputs["name"]: record for record in other.of("route53/record:Record")}
    assert set(records) == {"tasks.example.com", "www.example.com"}
    [before] = one.of("route53/record:Record")
    assert records["tasks.example.com"].name == before.name, "another name would replace it"


def test_without_a_domain_it_is_plain_http_on_the_address() -> None:
    other = deploy("dev")
    assert "--tls" not in other.named("taskmanager-dev-switch").inputs["options"]
    assert other.exports["url"] == "http://203.0.113.10"


def test_the_smoke_test_waits_for_the_name_to_point_here() -> None:
    other = deploy("prod", {"zoneId": "Z0123456789ABC"})
    [record] = other.of("route53/record:Record")
    assert record.inputs["records"] == ["203.0.113.10"]
    assert record.name in other.needs(other.named("taskmanager-prod-switch"))


# Access


@pytest.mark.parametrize(
    "access", [{"access": "ssm"}, {"access": "ssh", "sshFrom": "203.0.113.7/32"}]
)
def test_the_machine_is_reached_by_the_address_that_stays(access: dict[str, str]) -> None:
    host = deploy("dev", access).named("ec2", "providers:docker").inputs["host"]
    assert host == "ssh://deploy@203.0.113.10", "another name is another provider in the preview"


def test_two_runs_ask_for_the_same(graph: Graph) -> None:
    stack = "prod" if "prod" in graph.nodes[-1].name else "dev"
    again = deploy(stack)
    assert {n.urn: n.marked for n in graph.nodes} == {n.urn: n.marked for n in again.nodes}, (
        "whatever differs is an update in every run"
    )
