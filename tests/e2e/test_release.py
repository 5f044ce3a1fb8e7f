"""Releases of changed code, seen by clients that never stop asking."""

import time

from testkit.deployment import Deployment
from testkit.load import SLOW_PATH, add_slow_route, load

RELEASES = 5
LEAST_REQUESTS = 10_000


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


def _is_change(event: dict[str, str]) -> bool:
    # Health checks run as `exec_…` events all the time.
    return not event["Action"].startswith(("exec_", "health_status"))


def _images(running: Deployment) -> set[str]:
    tags = [tag for image in running.client.images.list() for tag in image.tags]
    return {tag for tag in tags if f":{running.name}-" in tag}
