"""Permissions: every cell of the contract's table."""

import pytest

from .people import People

READ = {"none": 403, "view": 200, "edit": 200, "owner": 200}
COMMENT = {"none": 403, "view": 201, "edit": 201, "owner": 201}
WRITE = {"none": 403, "view": 403, "edit": 200, "owner": 200}
DELETE = {"none": 403, "view": 403, "edit": 403, "owner": 204}
OWN = {"none": 403, "view": 403, "edit": 403, "owner": 200}

ACTIONS = {
    "read the task": ("GET", "/tasks/1", None, READ),
    "read its comments": ("GET", "/tasks/1/comments", None, READ),
    "add a comment": ("POST", "/tasks/1/comments", {"content": "hello"}, COMMENT),
    "update it": ("PATCH", "/tasks/1", {"title": "new"}, WRITE),
    "update it in bulk": (
        "PATCH",
        "/tasks/bulk",
        {"task_ids": [1], "updates": {"title": "new"}},
        WRITE,
    ),
    "add tags": ("POST", "/tasks/1/tags", ["b"], WRITE),
    "remove a tag": ("DELETE", "/tasks/1/tags/a", None, WRITE),
    "delete it": ("DELETE", "/tasks/1", None, DELETE),
    "list its shares": ("GET", "/tasks/1/shares", None, OWN),
    "share it": (
        "POST",
        "/tasks/1/share",
        {"shared_with_username": "carol"},
        {**OWN, "owner": 201},
    ),
    "change a share": ("PUT", "/tasks/1/share/dave", {"permission": "edit"}, OWN),
    "unshare it": ("DELETE", "/tasks/1/share/dave", None, {**OWN, "owner": 204}),
}


@pytest.mark.parametrize("level", ["none", "view", "edit", "owner"])
@pytest.mark.parametrize("action", ACTIONS)
async def test_a_level_decides_whether_one_may(people: People, action, level):
    method, path, body, expected = ACTIONS[action]
    owner, other = await people("owner"), await people("other")
    await people("carol")
    task = await owner.task(tags=["a"])
    await owner.share(task, await people("dave"), "view")
    if level in ("view", "edit"):
        await owner.share(task, other, level)
    person = owner if level == "owner" else other
    response = await person(method, path, body)
    assert response.status_code == expected[level], f"{level} tries to {action}"
    if response.status_code == 403:
        assert response.json().keys() == {"detail", "error", "message"}


@pytest.mark.parametrize(
    ("who", "editing", "deleting"),
    [("owner", 403, 204), ("author", 200, 204), ("other", 403, 403), ("stranger", 403, 403)],
)
async def test_authors_edit_their_comments_and_owners_may_delete_any(
    people: People, who, editing, deleting
):
    persons = {name: await people(name) for name in ("owner", "author", "other", "stranger")}
    task = await persons["owner"].task()
    await persons["owner"].share(task, persons["author"], "view")
    await persons["owner"].share(task, persons["other"], "edit")
    await persons["author"]("POST", "/tasks/1/comments", {"content": "hello"})
    edited = await persons[who]("PATCH", "/comments/1", {"content": "goodbye"})
    assert edited.status_code == editing
    refused = {"detail", "error", "message"} if who == "stranger" else {"detail"}
    assert edited.status_code == 200 or edited.json().keys() == refused
    assert (await persons[who]("DELETE", "/comments/1")).status_code == deleting


async def test_after_unsharing_even_ones_own_comments_are_out_of_reach(people: People):
    owner, author = await people("owner"), await people("author")
    await owner.share(await owner.task(), author, "edit")
    await author("POST", "/tasks/1/comments", {"content": "hello"})
    await owner("DELETE", "/tasks/1/share/author")
    assert (await author("PATCH", "/comments/1", {"content": "x"})).status_code == 403
    assert (await author("DELETE", "/comments/1")).status_code == 403
    assert (await author("GET", "/tasks/1")).status_code == 403
