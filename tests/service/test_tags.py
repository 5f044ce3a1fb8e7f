"""Adding and removing single tags."""

import asyncio

from .people import People


async def test_adding_tags_keeps_order_and_skips_present_ones(people: People):
    alice = await people("alice")
    task = await alice.task(tags=["b"])
    response = await alice("POST", f"/tasks/{task['id']}/tags", ["a", "b", " c "])
    assert response.status_code == 200
    assert response.json()["tags"] == ["b", "a", "c"]


async def test_removing_a_tag_removes_that_one(people: People):
    alice = await people("alice")
    path = f"/tasks/{(await alice.task(tags=['a', 'b']))['id']}/tags/a"
    response = await alice("DELETE", path)
    assert response.status_code == 200
    assert response.json()["tags"] == ["b"]
    response = await alice("DELETE", path)
    assert response.status_code == 404
    assert response.json()["tag"] == "a"


async def test_of_32_parallel_tag_adds_none_is_lost(people: People):
    alice = await people("alice")
    path = f"/tasks/{(await alice.task())['id']}"
    tags = [f"tag {number}" for number in range(32)]
    await asyncio.gather(*(alice("POST", f"{path}/tags", [tag]) for tag in tags))
    assert sorted((await alice.get(path))["tags"]) == sorted(tags)
