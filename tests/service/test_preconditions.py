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


@pytest.mark.parametrize("header", ["null", "0123", '"0123', "", '"one" "other"'])
async def test_a_tag_without_quotes_is_refused_for_what_it_is_and_changes_nothing(
    alice: Person, header: str
):
    before = await alice.get("/tasks/1")
    for refused in (
        await alice("PATCH", "/tasks/1", {"title": "mine"}, headers={"If-Match": header}),
        await alice("DELETE", "/tasks/1", headers={"If-Match": header}),
    ):
        assert refused.status_code == 422
        reason = "If-match number 1 must be * or the value of an ETag header, with its quotes"
        assert refused.json()["detail"] == reason
    assert await alice.get("/tasks/1") == before


async def test_a_tag_may_be_in_any_of_several_headers(alice: Person):
    headers = [("If-Match", '"other"'), ("If-Match", await _tag(alice))]
    changed = await alice("PATCH", "/tasks/1", {"title": "another"}, headers=headers)
    assert changed.status_code == 200


async def test_a_star_inside_a_tag_is_a_part_of_it(alice: Person):
    headers = {"If-Match": '"a*b"'}
    assert (await alice("PATCH", "/tasks/1", {"title": "x"}, headers=headers)).status_code == 412


async def test_a_weak_tag_is_not_enough_for_a_change(alice: Person):
    headers = {"If-Match": f"W/{await _tag(alice)}"}
    assert (await alice("PATCH", "/tasks/1", {"title": "x"}, headers=headers)).status_code == 412


async def test_a_task_that_was_seen_can_be_deleted(alice: Person):
    deleted = await alice("DELETE", "/tasks/1", headers={"If-Match": await _tag(alice)})
    assert deleted.status_code == 204
    assert (await alice("GET", "/tasks/1")).status_code == 404
