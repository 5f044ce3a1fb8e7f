"""The room that the files of one account, and of all accounts, may take."""

import asyncio
import shutil
from pathlib import Path

import pytest

from .conftest import running
from .people import People
from .uploads import picture, set_avatar, upload

QUOTA = 1000


async def test_an_account_has_room_for_so_many_bytes_over_all_its_tasks(settings):
    async with running(settings, max_stored_size=QUOTA) as client:
        people = People(client)
        alice, bob = await people("alice"), await people("bob")
        await alice.task()
        await alice.share(await alice.task(), bob, "edit")
        assert (await upload(alice, content=b"x" * 600)).status_code == 201
        for person in (alice, bob):
            refused = await upload(person, content=b"x" * 401, path="/tasks/2/files")
            assert refused.status_code == 400
            reason = "The files of this task's owner take 600 of 1000 bytes: delete some first"
            assert refused.json()["detail"] == reason
        assert (await upload(bob, content=b"x" * 400, path="/tasks/2/files")).status_code == 201
        await bob.task()
        assert (await upload(bob, content=b"x" * 900, path="/tasks/3/files")).status_code == 201
        assert (await upload(alice, content=b"x")).status_code == 400
        assert (await alice("DELETE", "/files/1")).status_code == 204
        assert (await upload(alice, content=b"x" * 600)).status_code == 201
    stored = [path.stat().st_size for path in Path(settings.upload_dir).iterdir()]
    assert sorted(stored) == [400, 600, 900], "a refused upload leaves no bytes"


async def test_parallel_uploads_share_the_room_that_is_left(settings):
    async with running(settings, max_stored_size=QUOTA) as client:
        alice = await People(client)("alice")
        for _ in range(4):
            await alice.task()
        paths = [f"/tasks/{number}/files" for number in (1, 2, 3, 4) for _ in range(4)]
        ways = [upload(alice, content=b"x" * 300, path=path) for path in paths]
        statuses = [answer.status_code for answer in await asyncio.gather(*ways)]
    assert sorted(statuses) == [201] * 3 + [400] * 13


@pytest.mark.parametrize("send", [upload, lambda person: set_avatar(person, picture())])
async def test_no_upload_takes_the_part_of_the_disk_that_is_reserved(settings, send):
    total = shutil.disk_usage(Path(settings.upload_dir).parent).total
    async with running(settings, reserved_disk=total + 1) as client:
        alice = await People(client)("alice")
        await alice.task()
        refused = await send(alice)
    assert refused.status_code == 500
    assert refused.json()["detail"] == "The file store does not work at the moment"


async def test_a_full_account_is_refused_before_the_bytes_are_read(settings):
    async with running(settings, max_stored_size=5) as client:
        alice = await People(client)("alice")
        await alice.task()
        assert (await upload(alice, content=b"12345")).status_code == 201
        read: list[int] = []

        async def form():
            yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
            for _ in range(100):
                read.append(1)
                yield b"x" * 1000

        headers = {"Content-Type": "multipart/form-data; boundary=x"}
        refused = await alice("POST", "/tasks/1/files", content=form(), headers=headers)
    assert (refused.status_code, read) == (400, [])
