"""Avatars."""

from io import BytesIO
from zlib import crc32

import httpx
import pytest
from PIL import Image

from app.settings import Settings

from .conftest import running
from .people import People
from .uploads import picture, set_avatar, upload_raw


@pytest.mark.parametrize(
    ("form", "name", "extension", "content_type"),
    [
        ("PNG", "me.png", "png", "image/png"),
        ("JPEG", "me.JPG", "jpg", "image/jpeg"),
        ("JPEG", "me.jpeg", "jpeg", "image/jpeg"),
        ("GIF", "me.gif", "gif", "image/gif"),
        ("WEBP", "me", "webp", "image/webp"),
        ("PNG", "me.html", "png", "image/png"),
    ],
)
async def test_an_avatar_is_shown_to_everyone(
    client: httpx.AsyncClient, people: People, form, name, extension, content_type
):
    alice = await people("alice")
    response = await set_avatar(alice, picture(form), name)
    assert response.status_code == 200
    assert response.json() == {"avatar_url": f"/users/1/avatar.{extension}"}
    assert (await alice.get("/users/me"))["avatar_url"] == response.json()["avatar_url"]
    shown = await client.get(f"/users/1/avatar.{extension}", params={"t": "1"})
    assert shown.headers["content-type"] == content_type
    assert shown.headers["x-content-type-options"] == "nosniff"
    with Image.open(BytesIO(shown.content)) as image:
        assert (image.format, image.size) == (form, (40, 20))


async def test_large_images_become_small_and_lose_their_metadata(people: People):
    alice = await people("alice")
    exif = Image.Exif()
    # Turned on its side, and with a photographer.
    exif[0x0112], exif[0x013B] = 6, "a photographer"
    sent = picture("JPEG", (2000, 1000), exif=exif)
    assert b"photographer" in sent
    response = await set_avatar(alice, sent, "me.jpg")
    shown = await alice("GET", response.json()["avatar_url"])
    assert b"photographer" not in shown.content
    with Image.open(BytesIO(shown.content)) as image:
        assert image.size == (256, 512)


async def test_bytes_after_the_image_are_not_kept(people: People):
    alice = await people("alice")
    response = await set_avatar(alice, picture() + b"<script>alert(1)</script>")
    assert b"script" not in (await alice("GET", response.json()["avatar_url"])).content


async def test_a_new_avatar_replaces_the_old_one(people: People, settings: Settings):
    alice = await people("alice")
    await set_avatar(alice, picture())
    response = await set_avatar(alice, picture("GIF"), "me.gif")
    assert (await alice("GET", response.json()["avatar_url"])).status_code == 200
    assert (await alice("GET", "/users/1/avatar.png")).status_code == 404
    assert len(list(settings.upload_dir.iterdir())) == 1


def claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it has so many pixels."""
    content = bytearray(picture(size=(1, 1)))
    content[16:24] = width.to_bytes(4) + height.to_bytes(4)
    # The header's checksum, so that it is valid.
    content[29:33] = crc32(content[12:29]).to_bytes(4)
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        picture()[:40],
        picture("BMP"),
        picture("TIFF"),
        claiming(5001, 5000),
        claiming(20000, 20000),
        claiming(2**31 - 1, 2**31 - 1),
    ],
    ids=["empty", "text", "svg", "cut off", "bmp", "tiff", "large", "larger", "bomb"],
)
async def test_a_file_that_is_no_acceptable_image_is_refused(
    people: People, settings: Settings, content
):
    alice = await people("alice")
    response = await set_avatar(alice, content)
    assert (response.status_code, list(response.json())) == (400, ["detail"])
    assert (await alice.get("/users/me"))["avatar_url"] is None
    assert list(settings.upload_dir.iterdir()) == []


async def test_another_declared_type_is_refused(people: People):
    alice = await people("alice")
    assert (await set_avatar(alice, picture(), declared="text/plain")).status_code == 400


async def test_an_avatars_bytes_have_a_limit(settings: Settings):
    content = picture()
    async with running(settings, max_avatar_size=len(content)) as client:
        alice = await People(client)("alice")
        assert (await set_avatar(alice, content)).status_code == 200
        assert (await set_avatar(alice, content + b"x")).status_code == 400


async def test_no_form_is_422(people: People):
    alice = await people("alice")
    response = await alice("POST", "/users/me/avatar", content=b"hello")
    assert response.status_code == 422
    assert (await upload_raw(alice, b"", path="/users/me/avatar")).status_code == 422


@pytest.mark.parametrize("user_id", [0, 1, 2, 2**31])
async def test_a_user_without_an_avatar_is_a_404(client, people: People, user_id):
    await people("alice")
    assert (await client.get(f"/users/{user_id}/avatar.png")).status_code == 404
    assert (await client.get(f"/users/{user_id}/avatar.%00")).status_code == 404


async def test_missing_bytes_are_a_404(people: People, settings: Settings):
    alice = await people("alice")
    response = await set_avatar(alice, picture())
    for path in settings.upload_dir.iterdir():
        path.unlink()
    assert (await alice("GET", response.json()["avatar_url"])).status_code == 404


async def test_a_store_that_fails_is_a_500(settings: Settings, tmp_path):
    blocked = tmp_path / "no-directory"
    blocked.write_text("")
    async with running(settings, upload_dir=blocked) as client:
        alice = await People(client)("alice")
        response = await set_avatar(alice, picture())
        assert (response.status_code, list(response.json())) == (500, ["detail"])
        assert (await alice.get("/users/me"))["avatar_url"] is None
