"""Commands for a host that is far away: previews of it, lost and slow connections, ssh."""

import re
import subprocess

import pytest

from testkit.fake_aws.rehearsal import Rehearsal


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
