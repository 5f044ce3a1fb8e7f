"""Releases of changed code, seen by clients that never stop asking."""

import time
from concurrent.futures import ThreadPoolExecutor

import requests

from testkit.deployment import Deployment
from testkit.load import SLOW_PATH, add_slow_route, load

RELEASES = 5
LEAST_REQUESTS = 10_000
MEBIBYTE = 1 << 20


def test_five_releases_under_mixed_load_lose_no_request_and_no_row(running: Deployment) -> None:
    add_slow_route(running)
    running.release()
    with load(running.url, rate=200, slow=4) as traffic:
        traffic.wait_for(500)
        for number in range(1, RELEASES + 1):
            running.edit("app/main.py", f"# release {number}")
            running.release()
            traffic.wait_for(LEAST_REQUESTS * number // RELEASES)
    assert len(traffic.answers) >= LEAST_REQUESTS
    assert not traffic.failures, f"{len(traffic.failures)} failed, first: {traffic.failures[:3]}"
    assert not traffic.lost(), "acknowledged and gone"
    assert sum(answer.request.endswith(SLOW_PATH) for answer in traffic.answers) > RELEASES
    versions = [answer.version for answer in traffic.answers if answer.version]
    assert len(set(versions)) == RELEASES + 1, "each release must have answered"


def test_after_the_switch_only_the_new_release_answers(running: Deployment) -> None:
    old = running.version()
    with load(running.url) as traffic:
        traffic.wait_for(100)
        running.edit("app/main.py", "# one more release")
        running.release()
        traffic.wait_for(len(traffic.answers) + 200)
    new = running.version()
    seen = [answer for answer in traffic.answers if answer.version]
    switched = min(answer.ended for answer in seen if answer.version == new)
    late = [answer for answer in seen if answer.began > switched and answer.version == old]
    assert new != old
    assert not late, f"the old release answered {len(late)} requests that began after the switch"


def test_a_second_up_changes_nothing(running: Deployment) -> None:
    running.release()
    before = running.names()
    began = time.time()
    again = running.release("--expect-no-changes")
    assert set(again.changes) == {"unchanged"}, again.text
    assert running.names() == before
    assert not [event for event in running.events(began) if _is_change(event)]


def test_a_preview_changes_nothing_and_builds_nothing(running: Deployment) -> None:
    running.edit("app/main.py", "# seen by a preview only")
    images = _images(running)
    before, version, began = running.names(), running.version(), time.time()
    preview = running.preview()
    assert preview.status == 0, preview.text
    assert "replace" in preview.text, "the preview must show that containers will be replaced"
    assert _images(running) == images
    assert running.names() == before
    assert running.version() == version
    assert not [event for event in running.events(began) if _is_change(event)]


def test_a_change_of_replicas_loses_no_request(running: Deployment) -> None:
    running.release()
    with load(running.url) as traffic:
        for replicas in ("3", "1", "2"):
            running.configure("replicas", replicas)
            running.release()
            assert len(running.containers("api-")) == int(replicas)
    assert not traffic.failures, traffic.failures[:3]


def test_limits_of_requests_and_of_containers_hold_in_and_after_a_release(
    running: Deployment,
) -> None:
    limits = {"requestTimeout": 120, "drainTimeout": 120, "maxBodySize": 1}
    for key, value in {**limits, "memory": 400, "cpus": 1.5}.items():
        running.configure(key, str(value))
    running.release()
    with ThreadPoolExecutor() as clients:
        slow = clients.submit(requests.get, f"{running.url}/slow?seconds=40", timeout=100)
        time.sleep(2)
        running.edit("app/main.py", "# while the answer is on its way")
        running.release()
        answer = slow.result()
    assert (answer.status_code, answer.text) == (200, "40.0"), "kamal-proxy's own limit is 30 s"
    url = f"{running.url}/auth/register"
    small, large = (
        requests.post(url, data=b"x" * size, timeout=10) for size in (MEBIBYTE - 1, MEBIBYTE + 1)
    )
    assert "detail" in small.json(), "the app answers"
    assert large.status_code == 413
    assert b"detail" not in large.content, "the proxy answers: the app's own 413 has a detail"
    for container in running.containers("api-"):
        host = container.attrs["HostConfig"]
        assert host["Memory"] == 400 * MEBIBYTE
        assert host["CpuQuota"] / host["CpuPeriod"] == 1.5


def _is_change(event: dict[str, str]) -> bool:
    # Health checks run as `exec_…` events all the time.
    return not event["Action"].startswith(("exec_", "health_status"))


def _images(running: Deployment) -> set[str]:
    tags = [tag for image in running.client.images.list() for tag in image.tags]
    return {tag for tag in tags if f":{running.name}-" in tag}
