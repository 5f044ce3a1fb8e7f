"""Commands for a running deployment: their output, and their effect under load."""

import time

import pytest
import requests

from testkit.deployment import Deployment
from testkit.load import load


def run(running: Deployment, *words: str, typed: str = "") -> str:
    """The output of a command, which must succeed."""
    done = running.tool(*words, typed=typed)
    return done.or_raise(words).text


def test_status_shows_the_containers_and_warns_of_problems(running: Deployment) -> None:
    shown = run(running, "status")
    for word in (
        running.url,
        running.version().removeprefix("sha256:")[:12],
        "PostgreSQL 17",
        "GB free",
        "All is well",
    ):
        assert word in shown, shown
    assert all(name in shown for name in running.names()), "whole names, in a pipe too"
    [stopped, _] = running.containers("api-")
    stopped.stop(timeout=0)
    try:
        assert f"{stopped.name} is exited" in run(running, "status")
    finally:
        stopped.start()


def test_psql_redis_and_shell_open_the_containers_of_the_deployment(running: Deployment) -> None:
    answer = run(running, "psql", typed="select 'task-' || count(*) from alembic_version;")
    assert "task-1" in answer
    assert "PONG" in run(running, "redis", typed="PING\n")
    assert running.version() in run(running, "shell", typed="printenv RELEASE\n")


def test_logs_name_the_container_of_each_line(running: Deployment) -> None:
    lines = run(running, "logs", "--no-follow").splitlines()
    short = {name.removeprefix(f"{running.name}-") for name in running.names("api-")}
    assert {line.partition(" | ")[0] for line in lines} == short


def test_maintenance_shows_its_message_and_refuses_a_release(running: Deployment) -> None:
    serving = running.names("api-")
    said = run(running, "maintenance on", "--message", "Back at <b>noon</b>")
    assert "but for GET /health" in said
    assert requests.get(f"{running.url}/health", timeout=10).status_code == 200
    page = requests.get(f"{running.url}/tasks", timeout=10)
    assert page.status_code == 503
    assert "Back at &lt;b&gt;noon" in page.text, "the message, and no markup of its own"
    assert "no request is answered" in run(running, "status")
    running.edit("app/main.py", "# a release during maintenance")
    refused = running.up()
    assert refused.status != 0
    assert "make maintenance-off" in refused.text, refused.text
    assert running.names("api-") == serving, "nothing was started"
    run(running, "maintenance off")
    running.release()
    assert not running.names("api-") & serving, "the same command goes through afterwards"


def test_requests_wait_until_a_pause_ends(running: Deployment) -> None:
    with load(running.url) as traffic:
        traffic.wait_for(100)
        run(running, "pause", "20")
        held = len(traffic.answers)
        time.sleep(2)
        assert len(traffic.answers) <= held + 1, "more requests were answered than the proxy held"
        run(running, "resume")
        traffic.wait_for(held + 100)
    assert not traffic.failures, traffic.failures[:3]


def test_a_scale_loses_no_request_and_releases_no_code(running: Deployment) -> None:
    serving, old = running.names("api-"), running.version()
    running.edit("app/main.py", "# not to be released by a scale")
    with load(running.url) as traffic:
        for replicas in ("3", "2"):
            run(running, "scale", replicas)
            assert len(running.containers("api-")) == int(replicas)
    assert not traffic.failures, traffic.failures[:3]
    assert running.version() == old
    assert running.names("api-") == serving, "who served before was not touched"


@pytest.mark.parametrize(
    ("words", "message"),
    [(("scale", "99"), "1 to 16"), (("scale",), "'N'"), (("pause", "soon"), "1 to 600")],
)
def test_a_wrong_value_is_refused_with_the_accepted_values(
    running: Deployment, words: tuple[str, ...], message: str
) -> None:
    refused = running.tool(*words)
    assert refused.status == 2
    assert message in refused.text
    assert "Traceback" not in refused.text


def test_drift_sets_the_exit_status_and_changes_nothing(running: Deployment) -> None:
    assert "No drift" in run(running, "drift")
    [stopped, other] = running.containers("api-")
    stopped.remove(force=True)
    state = running.state()
    drifted = running.tool("drift")
    assert drifted.status == 1, drifted.text
    assert f"{stopped.name} is gone" in drifted.text
    assert running.state() == state
    assert running.names("api-") == {other.name}
