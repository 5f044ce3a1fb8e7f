"""A stack on the fake AWS, from an empty account to an empty account; everything else is real."""

import os
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from testkit.fake_aws import amis, filter_patterns, machines
from testkit.fake_aws.rehearsal import Rehearsal
from testkit.fake_aws.sandbox import sandbox
from testkit.outcome import planned

ANOTHER_AMI = amis.NEXT
FLUSH_SECONDS = 90
"""The driver writes every five seconds, and the state of the database is a line a minute."""

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

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes namespaces and block devices")


@pytest.fixture(scope="module", params=["dev"])
def deployed(request: pytest.FixtureRequest) -> Iterator[Rehearsal]:
    """A stack that is up; the tests go on from where the one before ended."""
    with (
        tempfile.TemporaryDirectory(prefix="tmr-") as folder,
        sandbox(Path(folder) / "s") as running,
    ):
        rehearsal = Rehearsal.of(request.param, running)
        rehearsal.prepare()
        shown = rehearsal.preview_text()
        assert "errored" not in shown, "the address is not known yet, and that is fine"
        assert "reached by plain HTTP" in shown, "a person learns it now and not later"
        yield rehearsal


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


def in_cloudwatch(deployed: Rehearsal, *, container: str, text: str) -> None:
    """Wait until a container's line with `text` is in CloudWatch."""
    deadline = time.monotonic() + FLUSH_SECONDS
    while not any(
        text in line
        for name, lines in deployed.logged().items()
        if container in name
        for line in lines
    ):
        assert time.monotonic() < deadline, f"no {text!r} in {deployed.logged()}"
        time.sleep(1)


def test_every_container_logs_to_cloudwatch_and_docker_logs_reads_a_copy(
    deployed: Rehearsal,
) -> None:
    in_cloudwatch(deployed, container="-backup", text='"connections"')
    running = set(deployed.on_machine("docker ps --format '{{.Names}}'").split())
    assert running <= set(deployed.logged()), "a stream for each, by its name"
    assert any(name.endswith("-migration") for name in deployed.logged()), "it is gone by now"
    for name in running:
        assert deployed.on_machine(f"docker logs --tail 1 {name} 2>&1").strip(), name
    migrated = deployed.resource("pulumi-python:dynamic/taskmanager:Migration", "migration")
    assert migrated["outputs"]["schema"], "it is read from the log of a container that has ended"


def test_lines_of_the_containers_are_the_metrics_of_the_dashboard(deployed: Rehearsal) -> None:
    answer = httpx.get(f"{deployed.url}/tasks/1", headers={"X-Request-ID": "to-be-counted"})
    assert answer.status_code == 401
    in_cloudwatch(deployed, container="-proxy", text="to-be-counted")
    in_cloudwatch(deployed, container="-api-", text="to-be-counted")
    lines = [line for found in deployed.logged().values() for line in found]
    [counted] = [line for line in lines if "to-be-counted" in line and "app.requests" in line]
    release = deployed.outputs()["release"].removeprefix("sha256:")[:12]
    assert f'"release": "{release}"' in counted, "errors are shown by release"
    kind = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
    filters = [each["inputs"] for each in deployed.resources() if each["type"] == kind]
    assert len(filters) == 6
    for given in filters:
        read = [
            filter_patterns.value(given["metricTransformation"], given["pattern"], line)
            for line in lines
        ]
        values = [value for value in read if value is not None]
        rare = ("Errors", "ReleaseErrors", "BackupAge")
        assert values or given["metricTransformation"]["name"] in rare, given["pattern"]


def test_a_container_starts_while_cloudwatch_does_not_answer(deployed: Rehearsal) -> None:
    redis = deployed.resource("docker:index/container:Container", "redis")["inputs"]
    options = {**redis["logOpts"], "awslogs-endpoint": "https://127.0.0.1:1"}
    words = " ".join(f"--log-opt '{key}={value}'" for key, value in options.items())
    run = f"docker run --rm --name lonely --detach --log-driver awslogs {words}"
    try:
        deployed.on_machine(f"{run} {redis['image']} sh -c 'echo here; sleep 60' && sleep 1")
        assert deployed.on_machine("docker logs lonely").strip() == "here"
    finally:
        deployed.on_machine("docker rm --force lonely")


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


@pytest.mark.parametrize(
    ("key", "options", "shown_as", "not_shown"),
    [
        # A key that may log in is part of the set-up: another one is another machine, and that is
        # said.
        ("sshPublicKeys", (), r"aws:ec2:Instance .*replace", r"aws:ebs:Volume .*replace"),
        ("databasePassword", ("--secret",), r"docker:index:Container .*", r"aws:ec2:Instance "),
    ],
)
def test_the_preview_shows_the_effect_of_a_changed_key_or_secret(
    deployed: Rehearsal, key: str, options: tuple[str, ...], shown_as: str, not_shown: str
) -> None:
    words = ("config", "get", "--stack", "dev", f"taskmanager:{key}")
    before = deployed.must(*words).strip()
    other = before.replace("AAAA", "BBBB", 1) if key == "sshPublicKeys" else before[::-1]
    deployed.configure(key, other, *options)
    shown = deployed.preview_text()
    deployed.configure(key, before, *options)
    assert re.search(shown_as, shown), shown
    assert not re.search(not_shown, shown), "nothing is replaced silently"


def test_an_unreachable_host_is_reported_before_anything_is_built(
    deployed: Rehearsal,
) -> None:
    before = deployed.version()
    deployed.change_code()
    with deployed.sandbox.unplugged():
        refused = deployed.tool("up")
    assert refused.status != 0
    assert f"{deployed.outputs()['endpoint']} cannot be reached" in refused.text
    assert "make replace-host STACK=dev DEAD=1" in refused.text
    assert " image " not in refused.text, "a build would be for nothing"
    assert "Traceback" not in refused.text
    assert deployed.version() == before
    assert deployed.tool("up").status == 0, "the same command goes on once it is back"
    assert deployed.version() != before


def test_a_container_that_was_removed_on_the_host_is_made_by_the_next_up(
    deployed: Rehearsal,
) -> None:
    deployed.on_machine("docker rm --force taskmanager-dev-redis")
    done = deployed.tool("up").or_raise(("up",)).text
    assert "made again: Container taskmanager-dev-redis" in done
    assert "PONG" in deployed.on_machine("docker exec taskmanager-dev-redis redis-cli ping")


def test_a_session_that_starts_slowly_is_waited_for(deployed: Rehearsal) -> None:
    with deployed.sandbox.slow_sessions(15):
        done = deployed.tool("status")
    assert done.status == 0, "two AWS commands, a plugin and a session take their time"


def test_sixteen_operations_at_once_stay_within_the_limits_of_sshd(deployed: Rehearsal) -> None:
    def accepted() -> int:
        return console.read_text(errors="replace").count("Accepted publickey")

    console = deployed.sandbox.folder / "machines" / deployed.machine / "console.log"
    environment = deployed.environment()
    host = deployed.outputs()["endpoint"]
    assert environment["PULUMI_PARALLEL"] == "16"
    # A deployment begins with one that the others share.
    _run_at_once(1, ["ssh", *environment["DOCKER_SSH_OPTS"].split(), host, "true"], environment)
    for sharing, most in (("auto", 0), ("no", 16)):
        before = accepted()
        options = ["-o", f"ControlMaster={sharing}", *environment["DOCKER_SSH_OPTS"].split()]
        if sharing == "no":
            options = ["-o", "ControlPath=none", *options]
        command = ["ssh", *options, host, "docker", "version"]
        _run_at_once(16, command, environment)
        assert accepted() - before <= most, "one connection carries them all"
    assert "throttling" not in console.read_text(errors="replace"), "sshd's limits were reached"


def _run_at_once(count: int, command: list[str], environment: dict[str, str]) -> None:
    # A shared connection outlives its command, and keeps the pipes that it writes to.
    running = [
        subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(count)
    ]
    assert [process.wait(timeout=60) for process in running] == [0] * count


def test_a_dead_host_can_be_destroyed_with_everything_else(deployed: Rehearsal) -> None:
    machines.hang(deployed.machine)
    done = deployed.tool("down", "--yes")
    assert done.status == 0, done.text
    assert '"resources"' not in deployed.state(), "an empty account again"
