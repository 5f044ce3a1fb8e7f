"""The user data of a new machine, as cloud-init understands it."""

import json
import subprocess
from pathlib import Path

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


def script(name: str) -> str:
    files = yaml.safe_load(BOOTSTRAP.read_text())["write_files"]
    [content] = [each["content"] for each in files if each["path"].endswith(name)]
    return content


def test_packages_are_installed_by_what_is_tried_again() -> None:
    settings = yaml.safe_load(BOOTSTRAP.read_text())
    assert not {"packages", "package_update"} & set(settings), "cloud-init runs dnf once"
    assert "dnf install" in script("sbin/taskmanager-bootstrap")
    unit = script("taskmanager-bootstrap.service")
    assert "Restart=on-failure" in unit
    assert "StartLimitIntervalSec=0" in unit
    assert "ConditionPathExists=!/var/lib/taskmanager/ready" in unit, "once is enough"


def test_the_images_of_releases_to_go_back_to_are_kept() -> None:
    [prune] = [line for line in script("taskmanager-maintenance").splitlines() if "prune" in line]
    assert "--all" not in prune.partition("#")[0].partition("{")[2], "they are tagged and unused"


def test_a_step_of_the_maintenance_that_fails_keeps_no_other_from_running(tmp_path: Path) -> None:
    log = tmp_path / "log"
    fakes = {
        "resize2fs": "exit 1",
        "findmnt": "echo /dev/x",
        "docker": f"echo docker >> {log}",
        "dnf": f'echo dnf "$1" >> {log}',
        "uname": "echo 6.12.1",
        "grubby": "echo /boot/vmlinuz-6.12.9",
        "systemctl": f'echo systemctl "$@" >> {log}',
        "curl": "echo answer",
        "aws": f'echo "$@" >> {log}',
    }
    for name, body in fakes.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{body}\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        ["/bin/bash", "-s"],
        input=script("sbin/taskmanager-maintenance"),
        text=True,
        check=False,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
    )
    said = log.read_text()
    assert done.returncode == 1, "one step failed"
    assert "docker" in said
    assert "dnf upgrade" in said
    assert "--metric-name maintenance_failures --value 1" in said
    assert "systemctl reboot" in said, "another kernel is the default, and dnf gives no hint"


def test_the_scripts_of_the_set_up_are_valid_shell() -> None:
    files = yaml.safe_load(BOOTSTRAP.read_text())["write_files"]
    scripts = [each["content"] for each in files if each["path"].startswith("/usr/local/sbin/")]
    assert len(scripts) == 3
    for script in scripts:
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_changing_who_deploys_changes_what_the_machine_is_told() -> None:
    other = deploy("dev", {"sshPublicKeys": PUBLIC_KEY.replace("AAA", "BBB", 1)})
    assert told(other) != told(deploy("dev")), "the preview shows a new machine, and that is said"
