"""Files in a bucket."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from app.settings import Settings

from .bucket import NAME, Server, serving
from .conftest import running
from .people import People, Person
from .uploads import upload

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("s3")) as bucket:
        yield bucket


@pytest.fixture
def in_bucket(settings: Settings, server: Server) -> Settings:
    server.empty()
    changes = {
        "storage_provider": "s3",
        "s3_bucket_name": NAME,
        "s3_endpoint_url": server.url,
        "aws_access_key_id": SecretStr("id"),
        "aws_secret_access_key": SecretStr("key"),
    }
    return settings.model_copy(update=changes)


@pytest.fixture
async def alice(in_bucket: Settings) -> AsyncIterator[Person]:
    """With a task."""
    async with running(in_bucket) as client:
        alice = await People(client)("alice")
        await alice.task()
        yield alice


async def test_a_file_is_written_once_read_once_and_removed_once(alice: Person, server: Server):
    before = len(server.requests())
    assert (await upload(alice, "a.txt", b"hello")).status_code == 201
    [name] = server.names()
    assert name.startswith("task_1_")
    download = await alice("GET", "/files/1")
    assert download.content == b"hello"
    assert download.headers["content-length"] == "5"
    assert download.headers["content-disposition"] == 'attachment; filename="a.txt"'
    assert {"etag", "last-modified"} <= set(download.headers)
    asked = await alice("HEAD", "/files/1")
    assert (asked.headers["content-length"], asked.content) == ("5", b"")
    assert (await alice("DELETE", "/files/1")).status_code == 204
    assert server.names() == []
    asked = [request for request in server.requests()[before:] if request != "GET ?list"]
    assert asked == ["PUT", "GET", "GET", "POST ?delete"]


async def test_large_files_go_and_come_in_pieces(alice: Person, in_bucket: Settings):
    content = os.urandom(in_bucket.max_upload_size)
    assert (await upload(alice, "a.pdf", content)).status_code == 201
    assert (await alice("GET", "/files/1")).content == content


async def test_a_refused_upload_never_reaches_the_bucket(alice: Person, server, in_bucket):
    before = len(server.requests())
    assert (await upload(alice, "a.exe")).status_code == 400
    large = b"x" * (in_bucket.max_upload_size + 1)
    assert (await upload(alice, "a.txt", large)).status_code == 400
    assert (await upload(alice, path="/tasks/2/files")).status_code == 404
    assert server.requests()[before:] == []


async def test_a_deleted_task_takes_its_bytes_along(alice: Person, server: Server):
    for _ in range(3):
        await upload(alice)
    assert len(server.names()) == 3
    assert (await alice("DELETE", "/tasks/1")).status_code == 204
    assert server.names() == []


async def test_missing_bytes_are_a_404(alice: Person, server: Server):
    await upload(alice)
    server.empty()
    assert (await alice("GET", "/files/1")).status_code == 404


@pytest.mark.parametrize("change", [{"s3_endpoint_url": NOWHERE}, {"s3_bucket_name": "another"}])
async def test_a_bucket_that_does_not_answer_is_a_500_and_changes_nothing_else(
    in_bucket: Settings, change
):
    async with running(in_bucket) as client:
        alice = await People(client)("alice")
        await alice.task()
        await upload(alice)
    async with running(in_bucket, **change) as client:
        alice = Person(client, {"id": 1, "username": "alice"}, alice.token)
        response = await upload(alice)
        assert (response.status_code, list(response.json())) == (500, ["detail"])
        assert "127.0.0.1" not in response.text
        assert (await alice("GET", "/files/1")).status_code in (404, 500)
        assert len(await alice.get("/tasks/1/files")) == 1
        assert (await alice("DELETE", "/files/1")).status_code == 204


async def test_avatars_are_in_the_bucket_too(alice: Person, server: Server, picture: Path):
    form = {"file": ("me.png", picture.read_bytes(), "image/png")}
    response = await alice("POST", "/users/me/avatar", files=form)
    assert server.names() == ["avatar_1"]
    shown = await alice("GET", response.json()["avatar_url"])
    assert shown.headers["content-type"] == "image/png"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    from PIL import Image

    path = tmp_path / "picture.png"
    Image.new("RGB", (8, 8), "red").save(path)
    return path
