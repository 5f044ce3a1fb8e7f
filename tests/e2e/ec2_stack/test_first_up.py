"""The first deployment to a new host, and how it is left alone by a second one."""

import pytest

from testkit.fake_aws.rehearsal import Rehearsal

# In the network of the container called `beside`, with the programs of the one for backups.
ASK_FOR_A_TOKEN = """
image=$(docker inspect --format '{{.Image}}' "$(docker ps --quiet --filter name=backup)")
network=container:$(docker ps --quiet --filter "name=$beside" | head -n 1)
docker run --rm --network "$network" --entrypoint timeout "$image" 5 bash -c '
  exec 3<>/dev/tcp/169.254.169.254/80
  printf "PUT /latest/api/token HTTP/1.0\\r\\n\\r\\n" >&3
  head -n 1 <&3
' 2>&1 || true
"""


def test_the_failed_set_up_of_a_host_is_reported_and_a_host_from_the_mended_one_takes_its_place(
    deployed: Rehearsal,
) -> None:
    bootstrap = deployed.folder / "infra" / "targets" / "ec2" / "bootstrap.yaml"
    good = bootstrap.read_text()
    step = "      # It is attached once the machine runs.\n"
    assert step in good
    bootstrap.write_text(good.replace(step, "      echo no room left; exit 1\n"))
    failed = deployed.up()
    assert failed.status != 0
    assert "The set-up of the host i-" in failed.text
    assert "no room left" in failed.text, "the end of the machine's own log says why"
    assert "make replace-host" in failed.text
    assert "Traceback" not in failed.text
    bootstrap.write_text(good)
    before = deployed.machine
    replaced = deployed.tool("replace-host", "--yes")
    assert replaced.status == 0, replaced.text
    assert deployed.machine != before
    deployed.release("--expect-no-changes")


def test_a_held_rpm_lock_and_a_late_network_only_delay_the_set_up(deployed: Rehearsal) -> None:
    log = deployed.on_machine("cat /var/log/taskmanager-bootstrap.log")
    assert "can't create transaction lock" in log, "the SSM agent held it"
    assert "Failed to download metadata" in log, "the address was not there yet"
    assert "Complete!" in log


def test_the_host_is_known_by_a_key_that_never_left_it(deployed: Rehearsal) -> None:
    ready = deployed.resource("pulumi-python:dynamic/taskmanager:HostReady", "ready")["outputs"]
    assert ready["ownKey"].startswith("ecdsa-sha2-nistp256 ")
    known = (deployed.folder / ".local" / "ssh" / "known_hosts").read_text()
    assert ready["ownKey"].split()[1] in known
    told = str(deployed.resource("aws:ec2/instance:Instance", "instance")["inputs"])
    assert "PRIVATE KEY" not in told, "who may describe the instance reads it"


def test_another_version_of_the_set_up_is_no_other_host(deployed: Rehearsal) -> None:
    bootstrap = deployed.folder / "infra" / "targets" / "ec2" / "bootstrap.yaml"
    text = bootstrap.read_text()
    bootstrap.write_text(f"{text}  - [touch, /var/lib/taskmanager/of-the-next-version]\n")
    deployed.release("--expect-no-changes")
    bootstrap.write_text(text)


@pytest.mark.parametrize(
    ("container", "reaches"),
    [("api", False), ("proxy", False), ("postgres", True), ("backup", True)],
)
def test_only_containers_that_open_a_bucket_reach_the_hosts_rights(
    deployed: Rehearsal, container: str, reaches: bool
) -> None:
    said = deployed.on_machine(f"beside={container}; {ASK_FOR_A_TOKEN}")
    assert ("200" in said) is reaches, said


def test_the_service_answers_at_the_public_port(deployed: Rehearsal) -> None:
    assert deployed.version() == deployed.outputs()["release"]


def test_a_second_up_changes_nothing_on_aws(deployed: Rehearsal) -> None:
    deployed.release("--expect-no-changes")


def test_no_key_path_and_no_token_is_in_the_state(deployed: Rehearsal) -> None:
    state = deployed.state()
    assert deployed.sandbox.environment["GITHUB_TOKEN"] not in state
    assert str(deployed.sandbox.folder / "deployer") not in state
    assert "BEGIN OPENSSH PRIVATE KEY" not in state


def test_changed_code_is_released(deployed: Rehearsal) -> None:
    before, machine = deployed.version(), deployed.machine
    deployed.change_code()
    deployed.release()
    assert deployed.version() != before
    assert deployed.machine == machine, "a release needs no other machine"
