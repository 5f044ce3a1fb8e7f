"""The same workload on AWS: image, names, settings, messages, and what a new machine is told."""

import json
import re
import subprocess

import pulumi
import pytest
import yaml

from tests.infra.ec2 import PUBLIC_KEY, STACKS, aws, deploy
from tests.infra.fakes import FakeEngine
from tests.infra.graph import DIGEST, ROOT, TOKEN, Graph, run

PREBUILT = f"ghcr.io/owner/task-manager-api@{DIGEST}"
BOOTSTRAP = ROOT / "infra" / "targets" / "ec2" / "bootstrap.yaml"
LIMIT_OF_USER_DATA = 16384


@pytest.fixture(scope="module", params=STACKS)
def graph(request: pytest.FixtureRequest) -> Graph:
    return deploy(request.param)


def refused(stack: str = "dev", **config: str | None) -> list[str]:
    with pytest.raises(pulumi.RunError) as caught:
        deploy(stack, config)
    assert aws(caught.value.graph) == [], "half a deployment is worse than none"  # type: ignore[attr-defined]
    return str(caught.value).split("\n")


# The workload


def test_the_workload_is_the_one_of_the_local_stack() -> None:
    def workload(graph: Graph, prefix: str) -> set[tuple[str, str]]:
        found = [n for n in graph.nodes if n.type.startswith(("docker:", "taskmanager:docker"))]
        return {(n.type, n.name.removeprefix(prefix)) for n in found}

    local = run(config={"replicas": "1"})
    extra = workload(deploy("dev"), "taskmanager-dev") - workload(local, "taskmanager")
    assert extra == {("docker:index/remoteImage:RemoteImage", "-image-pull")}, (
        "what differs between the stacks belongs in the target"
    )


def test_the_image_is_built_here_pushed_and_pulled_there_by_digest(graph: Graph) -> None:
    [image] = graph.of("image:Image")
    assert image.provider.split("::")[-2] == "builder", "the host would compile instead of serve"
    assert image.inputs["skipPush"] is False
    assert image.inputs["registry"]["server"] == "ghcr.io"
    [pull] = [node for node in graph.of("RemoteImage") if node.name.endswith("image-pull")]
    assert pull.inputs["name"].endswith(f"@{DIGEST}")
    assert pull.provider.split("::")[-2] == "ec2"
    for node in graph.api:
        assert node.inputs["image"] == pull.inputs["name"], "the swap would wait for the download"


def test_the_host_pulls_with_credentials_that_stay_with_the_provider(graph: Graph) -> None:
    given = graph.named("ec2", "providers:docker").inputs["registryAuth"]
    # A provider's inputs that are no text travel as JSON.
    [auth] = given if isinstance(given, list) else json.loads(given)
    assert auth["address"] == "ghcr.io"
    assert auth["password"] == TOKEN


def test_a_token_of_the_stack_comes_before_the_environments() -> None:
    other = deploy("dev", {"registryToken": "token-of-the-stack"})
    [image] = other.of("image:Image")
    assert image.inputs["registry"]["password"] == "token-of-the-stack"


def test_a_prebuilt_public_image_needs_neither_token_nor_engine() -> None:
    broken = FakeEngine(connection_error=OSError("no engine here"))
    other = deploy("dev", {"image": PREBUILT}, environment={"GITHUB_TOKEN": ""}, engine=broken)
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
    [image] = other.of("image:Image")
    assert image.inputs["build"]["platform"] == platform


def test_the_cloud_never_loads_before_it_is_asked_for() -> None:
    assert not [name for name in run().imported if name.startswith(("pulumi_aws", "targets.ec2"))]


# TLS


def test_with_a_domain_the_proxy_gets_certificates_and_the_service_one_name() -> None:
    other = deploy("prod")
    options = other.named("taskmanager-prod-switch").inputs["options"]
    assert {"--host=tasks.example.com", "--tls"} <= set(options)
    assert other.exports["url"] == "https://tasks.example.com"
    state = other.named("taskmanager-prod-proxy-state")
    assert state.request.retainOnDelete, "authorities limit how often they issue one"


def test_without_a_domain_it_is_plain_http_on_the_address() -> None:
    other = deploy("dev")
    assert "--tls" not in other.named("taskmanager-dev-switch").inputs["options"]
    assert other.exports["url"] == "http://203.0.113.10"


def test_the_gate_waits_for_the_name_to_point_here() -> None:
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


# Messages


@pytest.mark.parametrize(
    ("config", "key", "accepted"),
    [
        ({"region": ""}, "region", "an AWS region"),
        ({"region": "moon"}, "region", "an AWS region"),
        ({"region": "eu-west-9"}, "region", "eu-central-1"),
        ({"sshPublicKeys": ""}, "sshPublicKeys", "public SSH keys"),
        ({"sshPublicKeys": "-----BEGIN OPENSSH PRIVATE KEY-----"}, "sshPublicKeys", "public"),
        ({"access": "ssh"}, "sshFrom", "the networks to administer from"),
        ({"sshFrom": "203.0.113.7/32"}, "sshFrom", "nothing, as access is ssm"),
        ({"access": "ssh", "sshFrom": "0.0.0.0/0"}, "sshFrom", "networks like"),
        ({"access": "ssh", "sshFrom": "203.0.113.7/24"}, "sshFrom", "networks like"),
        ({"zoneId": "Z0123456789ABC"}, "domain", "a name in the zone"),
        ({"domain": "https://tasks.example.com"}, "domain", "a name like"),
        ({"architecture": "arm64"}, "architecture", "x86_64, which instanceType t3.small is"),
        ({"instanceType": "t4g.small"}, "architecture", "arm64"),
        ({"ami": "ubuntu"}, "ami", "Amazon Linux 2023"),
        ({"volumeSize": "3"}, "volumeSize", "4 to 16384"),
        ({"protect": "yes"}, "protect", "true or false"),
        ({"alarmEmail": "me"}, "alarmEmail", "an e-mail address"),
    ],
)
def test_a_wrong_setting_is_one_line_with_what_is_accepted_and_the_fix(
    config: dict[str, str], key: str, accepted: str
) -> None:
    [line] = refused(**config)
    assert line.startswith(f"taskmanager:{key} is "), line
    assert accepted in line
    assert re.search(rf"Fix: pulumi config (set|rm) taskmanager:{key}", line), line


def test_a_missing_token_is_said_before_anything_is_made() -> None:
    with pytest.raises(pulumi.RunError) as caught:
        deploy("dev", environment={"GITHUB_TOKEN": ""})
    assert "GITHUB_TOKEN" in str(caught.value)
    assert "pulumi config set --secret taskmanager:registryToken" in str(caught.value)


@pytest.mark.parametrize("key", ["domain", "zoneId", "alarmEmail", "region", "ami", "sshFrom"])
def test_a_setting_that_local_has_no_use_for_is_refused_there(key: str) -> None:
    with pytest.raises(pulumi.RunError) as caught:
        run(config={key: "something"})
    assert "accepted: nothing on target local" in str(caught.value)


# The machine's set-up


def told(graph: Graph) -> str:
    [node] = graph.of("ec2/instance:Instance")
    return str(node.inputs["userData"])


def test_the_set_up_is_read_as_a_cloud_config_and_fits(graph: Graph) -> None:
    text = told(graph)
    assert text.startswith("#cloud-config\n"), "anything else is ignored without a word"
    assert len(text.encode()) < LIMIT_OF_USER_DATA
    settings = yaml.safe_load(text)
    assert settings["users"][0]["ssh_authorized_keys"] == [PUBLIC_KEY]
    assert settings["disable_root"] is True
    assert settings["ssh_pwauth"] is False
    assert settings["users"][0]["lock_passwd"] is True


def test_the_disk_is_found_by_its_id(graph: Graph) -> None:
    files = {f["path"]: f["content"] for f in yaml.safe_load(told(graph))["write_files"]}
    assert files["/etc/taskmanager/data-volume"].strip().endswith("-data-id")
    json.loads(files["/etc/docker/daemon.json"])
    json.loads(files["/opt/aws/amazon-cloudwatch-agent/etc/taskmanager.json"])


def test_the_scripts_of_the_set_up_are_valid_shell() -> None:
    files = yaml.safe_load(BOOTSTRAP.read_text())["write_files"]
    scripts = [each["content"] for each in files if each["path"].startswith("/usr/local/sbin/")]
    assert len(scripts) == 2
    for script in scripts:
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_changing_who_deploys_changes_what_the_machine_is_told() -> None:
    other = deploy("dev", {"sshPublicKeys": PUBLIC_KEY.replace("AAA", "BBB", 1)})
    assert told(other) != told(deploy("dev")), "the preview shows a new machine, and that is said"


def test_two_runs_ask_for_the_same(graph: Graph) -> None:
    stack = "prod" if "prod" in graph.nodes[-1].name else "dev"
    again = deploy(stack)
    assert {n.urn: n.marked for n in graph.nodes} == {n.urn: n.marked for n in again.nodes}, (
        "whatever differs is an update in every run"
    )
