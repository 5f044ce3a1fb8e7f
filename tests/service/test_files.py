"""Files on tasks, stored in a directory."""

from pathlib import Path

import pytest

from app.settings import Settings
from app.storage.directory import Directory
from app.storage.store import OnDisk

from .conftest import running
from .people import People
from .uploads import PNG, upload, upload_raw


@pytest.fixture
def directory(settings: Settings) -> Path:
    return settings.upload_dir


def stored(directory: Path) -> list[bytes]:
    """The content of every file in the store, hidden ones too."""
    return [path.read_bytes() for path in directory.rglob("*") if path.is_file()]


async def test_a_file_goes_up_and_comes_back_as_it_was(people: People, directory: Path):
    alice = await people("alice")
    await alice.task()
    content = bytes(range(256)) * 8
    response = await upload(alice, "Notes.TXT", content)
    assert response.status_code == 201
    created = response.json()
    assert not created["uploaded_at"].endswith("Z")
    info = {
        "id": 1,
        "original_filename": "Notes.TXT",
        "file_size": 2048,
        "content_type": "text/plain",
        "uploaded_at": created["uploaded_at"],
    }
    assert created == {**info, "task_id": 1}
    assert await alice.get("/tasks/1/files") == [info]
    assert stored(directory) == [content]
    [path] = directory.iterdir()
    assert path.name.startswith("task_1_")
    assert path.suffix == ".txt"

    download = await alice("GET", "/files/1")
    assert download.content == content
    assert download.headers["content-type"].startswith("text/plain")
    assert download.headers["content-disposition"] == 'attachment; filename="Notes.TXT"'
    assert download.headers["x-content-type-options"] == "nosniff"
    assert {"etag", "last-modified", "accept-ranges"} <= set(download.headers)


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("a.png", PNG, "image/png"),
        ("a.jpg", PNG, "image/png"),
        ("a.txt", b"%PDF-1.7", "application/pdf"),
        ("a.pdf", b"<html><script>", "application/pdf"),
        ("a.doc", b"", "application/msword"),
        ("a.jpeg", b"", "image/jpeg"),
    ],
)
async def test_the_content_or_the_extension_decides_the_type(
    people: People, name, content, expected
):
    alice = await people("alice")
    await alice.task()
    assert (await upload(alice, name, content)).json()["content_type"] == expected
    assert (await alice("GET", "/files/1")).headers["content-type"] == expected


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("Übersicht 1.txt", "attachment; filename*=utf-8''%C3%9Cbersicht%201.txt"),
        ("50%.txt", "attachment; filename*=utf-8''50%25.txt"),
        ("a;b x.txt", 'attachment; filename="a;b x.txt"'),
        ("日本.txt", "attachment; filename*=utf-8''%E6%97%A5%E6%9C%AC.txt"),
    ],
)
async def test_the_original_name_is_kept_and_shown_but_not_used(
    people: People, directory: Path, name, disposition
):
    alice = await people("alice")
    await alice.task()
    assert (await upload(alice, name)).json()["original_filename"] == name
    response = await alice("GET", "/files/1")
    assert response.headers["content-disposition"] == disposition
    assert [path.parent for path in directory.parent.rglob("*") if path.is_file()] == [directory]


@pytest.mark.parametrize("name", ["x.exe", "x.txt.exe", "x", ".txt", "x.", "x.html"])
async def test_other_extensions_never_reach_the_store(people: People, directory: Path, name):
    alice = await people("alice")
    await alice.task()
    response = await upload(alice, name)
    assert (response.status_code, list(response.json())) == (400, ["detail"])
    assert stored(directory) == []
    assert await alice.get("/tasks/1/files") == []


async def test_the_size_limit_is_inclusive(settings: Settings, directory: Path):
    limit = 3 * 1024 * 1024
    async with running(settings, max_upload_size=limit) as client:
        alice = await People(client)("alice")
        await alice.task()
        assert (await upload(alice, content=b"x" * limit)).json()["file_size"] == limit
        assert (await upload(alice, content=b"")).json()["file_size"] == 0
        response = await upload(alice, content=b"x" * (limit + 1))
    assert (response.status_code, list(response.json())) == (400, ["detail"])
    assert sorted(map(len, stored(directory))) == [0, limit]


async def test_deleting_a_file_removes_row_and_bytes(people: People, directory: Path):
    alice = await people("alice")
    await alice.task()
    await upload(alice)
    assert (await alice("DELETE", "/files/1")).status_code == 204
    assert stored(directory) == []
    for method in ("GET", "DELETE"):
        response = await alice(method, "/files/1")
        assert (response.status_code, list(response.json())) == (404, ["detail"])
    assert (await alice("GET", f"/files/{2**31}")).status_code == 404


async def test_deleting_a_task_removes_the_bytes_of_its_files_only(people: People, directory: Path):
    alice = await people("alice")
    await alice.task()
    await alice.task()
    await upload(alice, content=b"one")
    await upload(alice, content=b"two")
    await upload(alice, content=b"three", path="/tasks/2/files")
    assert (await alice("DELETE", "/tasks/1")).status_code == 204
    assert stored(directory) == [b"three"]
    assert (await alice("GET", "/files/1")).status_code == 404


async def test_uploads_and_deletions_are_on_the_timeline(people: People):
    alice = await people("alice")
    await alice.task()
    await upload(alice, "a.txt", b"hello")
    await upload(alice, "a.exe")
    await alice("GET", "/files/1")
    await alice("DELETE", "/files/1")
    entries = (await alice.get("/activity/tasks/1"))[1:]
    logged = [
        (entry["action"], entry["resource_type"], entry["resource_id"], entry["details"])
        for entry in entries
    ]
    uploaded = {"task_id": 1, "filename": "a.txt", "file_size": 5, "content_type": "text/plain"}
    deleted = {"task_id": 1, "filename": "a.txt"}
    assert logged == [("uploaded", "file", 1, uploaded), ("deleted", "file", 1, deleted)]


async def test_no_more_than_20_uploads_an_hour_to_one_task(settings: Settings):
    async with running(settings, testing=False) as client:
        alice = await People(client)("alice")
        await alice.task()
        await alice.task()
        for _ in range(3):
            assert (await upload_raw(alice, b"")).status_code == 422
        statuses = [(await upload(alice)).status_code for _ in range(21)]
        other = await upload(alice, path="/tasks/2/files")
    assert statuses == [201] * 20 + [429]
    assert other.status_code == 201


async def test_a_file_deleted_while_it_is_sent_still_arrives_whole(
    people: People, directory: Path, monkeypatch: pytest.MonkeyPatch
):
    alice = await people("alice")
    await alice.task()
    await upload(alice, "a.txt", b"hello")
    find = Directory.open

    async def found_then_deleted(self: Directory, name: str) -> OnDisk:
        stored = await find(self, name)
        (directory / name).unlink()
        return stored

    monkeypatch.setattr(Directory, "open", found_then_deleted)
    assert (await alice("GET", "/files/1")).content == b"hello"
    assert (await alice("GET", "/files/1")).status_code == 404
