"""If-Match on a task: a change applies only to the copy that the client has seen."""

import pytest

from .people import People, Person


@pytest.fixture
async def alice(people: People) -> Person:
    """With a task that has a comment."""
    alice = await people("alice")
    await alice.task()
    await alice("POST", "/tasks/1/comments", {"content": "first"})
    return alice


async def _tag(person: Person) -> str:
    return (await person("GET", "/tasks/1")).headers["etag"]


@pytest.mark.parametrize("form", ["{}", '"other", {}', "*"])
async def test_a_change_of_the_copy_that_was_seen_applies(alice: Person, form: str):
    headers = {"If-Match": form.format(await _tag(alice))}
    changed = await alice("PATCH", "/tasks/1", {"title": "another"}, headers=headers)
    assert (changed.status_code, changed.json()["title"]) == (200, "another")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/tasks/1", {"title": "changed by another"}),
        ("POST", "/tasks/1/comments", {"content": "second"}),
        ("POST", "/tasks/1/tags", ["urgent"]),
    ],
)
async def test_a_change_of_an_older_copy_is_refused_and_changes_nothing(
    alice: Person, method: str, path: str, body: object
):
    seen = await _tag(alice)
    assert (await alice(method, path, body)).is_success
    before = (await alice("GET", "/tasks/1")).json()
    for refused in (
        await alice("PATCH", "/tasks/1", {"title": "mine"}, headers={"If-Match": seen}),
        await alice("DELETE", "/tasks/1", headers={"If-Match": seen}),
    ):
        assert refused.status_code == 412
        assert refused.json()["detail"] == "The task has changed since you read it: read it again"
    assert (await alice("GET", "/tasks/1")).json() == before


async def test_a_weak_tag_is_not_enough_for_a_change(alice: Person):
    headers = {"If-Match": f"W/{await _tag(alice)}"}
    assert (await alice("PATCH", "/tasks/1", {"title": "x"}, headers=headers)).status_code == 412


async def test_a_task_that_was_seen_can_be_deleted(alice: Person):
    deleted = await alice("DELETE", "/tasks/1", headers={"If-Match": await _tag(alice)})
    assert deleted.status_code == 204
    assert (await alice("GET", "/tasks/1")).status_code == 404
