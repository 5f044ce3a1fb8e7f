"""Comments."""

import pytest

from .people import People


async def test_a_comment_carries_its_author_and_time(people: People):
    alice = await people("alice")
    await alice.task()
    response = await alice("POST", "/tasks/1/comments", {"content": "  as it is  "})
    assert response.status_code == 201
    comment = response.json()
    assert comment.pop("created_at").endswith("Z")
    assert comment == {
        "id": 1,
        "task_id": 1,
        "user_id": alice.id,
        "content": "  as it is  ",
        "updated_at": None,
        "username": "alice",
    }


async def test_comments_come_oldest_first_in_the_list_and_in_the_task(people: People):
    alice, bob = await people("alice"), await people("bob")
    await alice.share(await alice.task(), bob, "view")
    for person, content in [(alice, "one"), (bob, "two"), (alice, "three")]:
        await person("POST", "/tasks/1/comments", {"content": content})
    listed = await bob.get("/tasks/1/comments")
    assert [(comment["username"], comment["content"]) for comment in listed] == [
        ("alice", "one"),
        ("bob", "two"),
        ("alice", "three"),
    ]
    assert (await bob.get("/tasks/1"))["comments"] == listed


async def test_an_edited_comment_has_the_time_of_the_edit(people: People):
    alice = await people("alice")
    await alice.task()
    await alice("POST", "/tasks/1/comments", {"content": "one"})
    edited = (await alice("PATCH", "/comments/1", {"content": "two"})).json()
    assert edited["content"] == "two"
    assert not edited["updated_at"].endswith("Z")
    assert await alice.get("/tasks/1/comments") == [edited]


@pytest.mark.parametrize("content", ["", "x" * 1001, "a\0b", None, 7])
async def test_unfit_comments_are_refused(people: People, content):
    alice = await people("alice")
    await alice.task()
    response = await alice("POST", "/tasks/1/comments", {"content": content})
    assert response.status_code == 422


@pytest.mark.parametrize("comment_id", [0, 1, 2**31, -(10**20)])
async def test_a_comment_that_does_not_exist_is_404(people: People, comment_id):
    alice = await people("alice")
    for method, body in [("PATCH", {"content": "x"}), ("DELETE", None)]:
        response = await alice(method, f"/comments/{comment_id}", body)
        assert response.status_code == 404
        assert response.json().keys() == {"detail"}
    assert (await alice("GET", f"/tasks/{comment_id}/comments")).status_code == 404


async def test_a_deleted_task_takes_its_comments_and_shares_along(people: People):
    alice, bob = await people("alice"), await people("bob")
    await alice.share(await alice.task(), bob, "view")
    await bob("POST", "/tasks/1/comments", {"content": "one"})
    assert (await alice("DELETE", "/tasks/1")).status_code == 204
    assert (await bob("PATCH", "/comments/1", {"content": "x"})).status_code == 404
    assert await bob.get("/tasks/shared-with-me") == []
