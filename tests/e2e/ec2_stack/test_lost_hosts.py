"""Hosts that are replaced, dead, hung, terminated or changed: the data outlives each."""

import httpx

from testkit.fake_aws import amis, machines
from testkit.fake_aws.rehearsal import Rehearsal
from testkit.outcome import planned
from tests.e2e.ec2_stack.cloudwatch import in_cloudwatch

ANOTHER_AMI = amis.NEXT


def test_a_replaced_host_has_the_same_data(deployed: Rehearsal) -> None:
    before, title = deployed.machine, deployed.user.write()
    deployed.configure("ami", ANOTHER_AMI)
    shown = deployed.preview_text()
    assert planned(shown)["replace"] > 5, "the preview says what comes with it"
    deployed.release()
    assert deployed.machine != before
    assert title in deployed.user.titles(), "the disk went from one machine to the other"
    assert deployed.version() == deployed.outputs()["release"]
    deployed.release("--expect-no-changes")


def test_backups_are_in_the_bucket_encrypted_and_complete(deployed: Rehearsal) -> None:
    title, picture = deployed.user.write(), b"uploaded before the backup"
    assert deployed.user.upload(picture) == picture
    for command in ("backup", "backup-drill"):
        done = deployed.tool(command)
        assert done.status == 0, done.text
    assert "Drill passed" in done.text
    stored = deployed.in_bucket("backups")
    for kind in ("pgbackrest/archive/", "pgbackrest/backup/", "restic/snapshots/"):
        assert any(key.startswith(kind) for key in stored), f"no {kind} in {sorted(stored)}"
    everything = b"".join(stored.values())
    assert picture not in everything
    assert title.encode() not in everything, "who reads the bucket must not read the data"


def test_a_dead_host_can_be_replaced(deployed: Rehearsal) -> None:
    before, title = deployed.machine, deployed.user.write()
    httpx.get(f"{deployed.url}/tasks/1", headers={"X-Request-ID": "before-it-died"})
    in_cloudwatch(deployed, container="-api-", text="before-it-died")
    machines.kill(before)
    shown = deployed.tool("logs", "--no-follow")
    assert shown.status == 0, shown.text
    assert f"{deployed.outputs()['endpoint']} does not answer" in shown.text
    assert "these lines are from CloudWatch" in shown.text
    assert "GET /tasks/{task_id} 401" in shown.text
    assert "id=before-it-died" in shown.text
    deployed.replace_dead_machine()
    assert deployed.machine != before
    assert title in deployed.user.titles()


def test_a_machine_that_hangs_is_stopped_by_force_and_replaced(deployed: Rehearsal) -> None:
    before, title = deployed.machine, deployed.user.write()
    machines.hang(before)
    deployed.replace_dead_machine()
    assert deployed.machine != before
    assert title in deployed.user.titles()


def test_a_machine_that_was_terminated_from_outside_is_replaced(deployed: Rehearsal) -> None:
    before, title = deployed.machine, deployed.user.write()
    deployed.terminate_machine()
    deployed.replace_dead_machine()
    assert deployed.machine != before
    assert title in deployed.user.titles(), "the disk outlives the machine"


def test_a_withdrawn_image_is_told_before_the_machine_is_gone(deployed: Rehearsal) -> None:
    before = deployed.machine
    ami = str(deployed.resource("aws:ec2/instance:Instance", "instance")["inputs"]["ami"])
    deployed.account().ec2.deregister_image(ImageId=ami)
    refused = deployed.tool("replace-host", "--yes")
    assert refused.status != 0
    assert f"The image {ami}" in refused.text
    assert "pulumi config set -s dev ami" in refused.text
    assert deployed.version() == deployed.outputs()["release"]
    assert deployed.machine == before


def test_another_instance_type_keeps_the_host_and_the_data(deployed: Rehearsal) -> None:
    before, title = deployed.machine, deployed.user.write()
    deployed.configure("instanceType", "t3.large")
    deployed.release()
    assert deployed.machine == before, "it stops and starts"
    assert title in deployed.user.titles()
