"""What a new machine is told, and that cloud-init understands it."""

import json
import subprocess

import pytest
import yaml

from testkit.recorded.ec2 import PUBLIC_KEY, STACKS, deploy
from testkit.recorded.program import ROOT, Graph

BOOTSTRAP = ROOT / "infra" / "targets" / "ec2" / "bootstrap.yaml"
LIMIT_OF_USER_DATA = 16384


@pytest.fixture(scope="module", params=STACKS)
def graph(request: pytest.FixtureRequest) -> Graph:
    return deploy(request.param)


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
