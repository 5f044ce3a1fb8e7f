"""Many writes at the same time: none fails because of another."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from .people import People, Person
from .uploads import picture, set_avatar, upload

ROUNDS = 6
ACTORS, STEPS = 24, 60


async def test_one_users_parallel_writes_to_different_tasks_do_not_block_each_other(people: People):
    alice, bob = await people("alice"), await people("bob")
    tasks = [await alice.task() for _ in range(8)]
    for task in tasks:
        await alice.share(task, bob, "edit")

    async def write(person: Person, path: str) -> list[int]:
        answers = []
        for number in range(ROUNDS):
            tag = f"{person.name}-{number}"
            answers += [
                await person("POST", f"{path}/tags", [tag]),
                await person("POST", f"{path}/comments", {"content": "x"}),
                await person("PATCH", path, {"completed": number % 2 == 0}),
                await person("DELETE", f"{path}/tags/{tag}"),
            ]
        return [answer.status_code for answer in answers]

    async def show(person: Person) -> list[int]:
        answers = [await set_avatar(person, picture()) for _ in range(ROUNDS)]
        return [answer.status_code for answer in answers]

    ways = [write(person, f"/tasks/{task['id']}") for person in (alice, bob) for task in tasks]
    answers = await asyncio.gather(*ways, show(alice), show(bob))
    refused = [status for statuses in answers for status in statuses if status >= 400]
    assert refused == [], "a deadlock is an error that the client has to repeat"


class RandomUsers:
    """Three users with random operations on each other's tasks."""

    def __init__(self, members: list[Person], tasks: list[int]) -> None:
        self._members = members
        self._tasks = tasks
        self._comments = [0]
        self.ways: Sequence[Any] = (
            self._write,
            self._bulk,
            self._tag,
            self._say,
            self._unsay,
            self._share,
            self._add,
        )
        self.seen: set[tuple[str, int]] = set()

    async def act(self, seed: int) -> None:
        """STEPS requests, one after the other."""
        chance = random.Random(seed)
        for _ in range(STEPS):
            does = chance.choice(self.ways)
            person, path = chance.choice(self._members), f"/tasks/{chance.choice(self._tasks)}"
            answer = await does(person, path, chance)
            self.seen.add((does.__name__, answer.status_code))

    def _write(self, person: Person, path: str, chance: random.Random) -> Awaitable[Any]:
        ways: list[Callable[[], Awaitable[Any]]] = [
            lambda: person("POST", "/tasks", {"title": "new"}),
            lambda: person("PATCH", path, {"completed": chance.random() < 0.5}),
            lambda: set_avatar(person, picture()),
            lambda: person("DELETE", path if chance.random() < 0.1 else "/tasks/0"),
        ]
        return chance.choice(ways)()

    def _bulk(self, person: Person, _path: str, chance: random.Random) -> Awaitable[Any]:
        updates = {"priority": chance.choice(("low", "high"))}
        body = {"task_ids": chance.sample(self._tasks, 5), "updates": updates}
        return person("PATCH", "/tasks/bulk", body)

    def _tag(self, person: Person, path: str, chance: random.Random) -> Awaitable[Any]:
        tag = str(chance.randrange(5))
        if chance.random() < 0.5:
            return person("POST", f"{path}/tags", [tag])
        return person("DELETE", f"{path}/tags/{tag}")

    async def _say(self, person: Person, path: str, _chance: random.Random) -> Any:
        answer = await person("POST", f"{path}/comments", {"content": "x"})
        if answer.status_code == 201:
            self._comments.append(answer.json()["id"])
        return answer

    def _unsay(self, person: Person, _path: str, chance: random.Random) -> Awaitable[Any]:
        path = f"/comments/{chance.choice(self._comments)}"
        return person("DELETE", path)

    def _share(self, person: Person, path: str, chance: random.Random) -> Awaitable[Any]:
        name = chance.choice(self._members).name
        if chance.random() < 0.3:
            return person("DELETE", f"{path}/share/{name}")
        return person("POST", f"{path}/share", {"shared_with_username": name, "permission": "edit"})

    def _add(self, person: Person, path: str, _chance: random.Random) -> Awaitable[Any]:
        return upload(person, path=f"{path}/files")


async def test_users_who_do_everything_at_once_never_get_a_5xx(people: People):
    members = [await people(name) for name in ("alice", "bob", "carol")]
    tasks: list[int] = []
    for person in members:
        for _ in range(5):
            task = await person.task()
            tasks.append(task["id"])
            for other in members:
                if other is not person:
                    await person.share(task, other, "edit")
    users = RandomUsers(members, tasks)
    await asyncio.gather(*(users.act(seed) for seed in range(ACTORS)))
    assert {way.__name__ for way in users.ways} == {
        name for name, status in users.seen if status < 300
    }, "a kind of request that never succeeds has no part in it"
    assert [answer for answer in users.seen if answer[1] >= 500] == []
