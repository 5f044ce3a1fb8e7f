"""Permissions on files, the order of the checks, and a store that fails."""

from pathlib import Path

import pytest

from app.settings import Settings
from app.storage.directory import Directory

from .conftest import running
from .people import People, Person
from .uploads import upload

LEVELS = ["none", "view", "edit", "owner"]
ALLOWED = {
    "list": {"none": 403, "view": 200, "edit": 200, "owner": 200},
    "download": {"none": 403, "view": 200, "edit": 200, "owner": 200},
    "upload": {"none": 403, "view": 403, "edit": 201, "owner": 201},
    "delete": {"none": 403, "view": 403, "edit": 204, "owner": 204},
}


async def attempt(person: Person, action: str):
    match action:
        case "list":
            return await person("GET", "/tasks/1/files")
        case "download":
            return await person("GET", "/files/1")
        case "upload":
            return await upload(person, "new.txt")
        case _:
            return await person("DELETE", "/files/1")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("action", ALLOWED)
async def test_a_level_decides_whether_one_may(people: People, settings, action, level):
    owner, other = await people("owner"), await people("other")
    task = await owner.task()
    await upload(owner, "old.txt")
    if level in ("view", "edit"):
        await owner.share(task, other, level)
    response = await attempt(owner if level == "owner" else other, action)
    expected = ALLOWED[action][level]
    assert response.status_code == expected, f"{level} tries to {action}"
    if expected == 403:
        assert response.json().keys() == {"detail", "error", "message"}
        assert len(list(settings.upload_dir.iterdir())) == 1, "nothing came, nothing went"


async def test_the_permission_is_checked_before_extension_and_size(settings: Settings):
    async with running(settings, max_upload_size=10) as client:
        people = People(client)
        owner, other = await people("owner"), await people("other")
        await owner.share(await owner.task(), other, "view")
        for name, content in (("x.exe", b""), ("x.txt", b"x" * 11)):
            assert (await upload(other, name, content)).status_code == 403
            assert (await upload(owner, name, content)).status_code == 400
            missing = await upload(owner, name, content, path="/tasks/99/files")
            assert missing.status_code == 404
            assert missing.json()["task_id"] == 99


async def test_the_token_is_checked_before_the_form(client, people: People):
    await (await people("alice")).task()
    for path in ("/tasks/1/files", "/tasks/x/files", "/users/me/avatar"):
        response = await client.post(path, content=b"no form")
        assert response.status_code == 401, path
        assert response.headers["www-authenticate"] == "Bearer"


ORIGIN = {"Origin": "http://localhost:5173"}


async def test_a_store_that_fails_is_a_500_and_leaves_no_row(settings: Settings, tmp_path: Path):
    blocked = tmp_path / "no-directory"
    blocked.write_text("")
    async with running(settings, upload_dir=blocked) as client:
        alice = await People(client)("alice")
        await alice.task()
        form = {"file": ("a.txt", b"hello")}
        response = await alice("POST", "/tasks/1/files", files=form, headers=ORIGIN)
        assert await alice.get("/tasks/1/files") == []
        assert [entry["action"] for entry in await alice.get("/activity")] == ["created"]
    assert response.status_code == 500
    assert response.json().keys() == {"detail"}
    assert str(tmp_path) not in response.text
    assert response.headers["access-control-allow-origin"] == ORIGIN["Origin"]


async def test_missing_bytes_are_a_404(people: People, settings: Settings):
    alice = await people("alice")
    await alice.task()
    await upload(alice)
    [path] = settings.upload_dir.iterdir()
    path.unlink()
    response = await alice("GET", "/files/1")
    assert (response.status_code, list(response.json())) == (404, ["detail"])
    assert (await alice("DELETE", "/files/1")).status_code == 204


async def test_a_store_that_cannot_delete_changes_no_answer(people: People, settings: Settings):
    alice = await people("alice")
    await alice.task()
    await upload(alice)
    [path] = settings.upload_dir.iterdir()
    path.unlink()
    path.mkdir()
    assert (await alice("DELETE", "/files/1")).status_code == 204
    assert await alice.get("/tasks/1/files") == []


async def test_a_task_deleted_while_its_file_arrives_leaves_no_bytes(
    people: People, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    alice = await people("alice")
    await alice.task()
    put = Directory.put

    async def put_late(self: Directory, name: str, content) -> None:
        await put(self, name, content)
        assert (await alice("DELETE", "/tasks/1")).status_code == 204

    monkeypatch.setattr(Directory, "put", put_late)
    assert (await upload(alice)).status_code == 404
    assert list(settings.upload_dir.iterdir()) == []
