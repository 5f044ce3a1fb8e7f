"""Uploads with a broken, unusual or missing form."""

from collections.abc import AsyncIterator

import pytest

from app.settings import Settings

from .people import People
from .uploads import BOUNDARY, END, part, upload_raw

NAMELESS = part("file", None) + END
BROKEN = {
    "nothing": b"",
    "no form": b"hello",
    "no end": part("file", b"a.txt"),
    "cut off in a header": part("file", b"a.txt")[:40],
    "another field": part("other", b"a.txt") + END,
    "no filename": NAMELESS,
    "an empty filename": part("file", b"") + END,
    "two files": part("file", b"a.txt") + part("file", b"b.txt") + END,
    "a long name": part("file", b"x" * 252 + b".txt") + END,
    "a NUL in the name": part("file", b"a\0.txt") + END,
    "a directory as its name": part("file", b"a/b/") + END,
    "much else": part("other", None, b"x" * 100_000) + part("file", b"a.txt") + END,
}


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN.keys())
async def test_a_form_that_is_none_is_refused(people: People, settings: Settings, body):
    alice = await people("alice")
    await alice.task()
    response = await upload_raw(alice, body)
    assert response.status_code == 422
    assert response.json()["errors"][0]["msg"] == response.json()["detail"]
    assert list(settings.upload_dir.glob("*")) == []


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "multipart/form-data", f"multipart/form-data; boundary={'x' * 500}"],
)
async def test_a_body_of_another_kind_is_refused(people: People, content_type):
    alice = await people("alice")
    await alice.task()
    response = await upload_raw(alice, part("file", b"a.txt") + END, content_type)
    assert response.status_code == 422


async def test_names_may_have_255_characters_and_stand_after_other_fields(people: People):
    alice = await people("alice")
    await alice.task()
    name = "é" * 251 + ".txt"
    body = part("other", None) + part("file", name.encode()) + part("last", None) + END
    response = await upload_raw(alice, body)
    assert response.status_code == 201
    assert response.json()["original_filename"] == name
    latin = part("file", b"\xe9.txt") + END
    assert (await upload_raw(alice, latin)).json()["original_filename"] == "é.txt"


EMPTY_PARTS = part("other", None, b"") * 100
OVERHEADS = {
    "parts without data": EMPTY_PARTS,
    "headers of a part": b"X-Header: " + b"x" * 10_000 + b"\r\n",
    "a header without an end": b"x" * 10_000,
    "epilogue": b"more of an epilogue" * 1000,
    "boundaries": b"\r\n--" + BOUNDARY.encode(),
}
BEGINNINGS = {
    "headers of a part": b"--" + BOUNDARY.encode() + b"\r\n",
    "a header without an end": b"--" + BOUNDARY.encode() + b"\r\nX-Header: ",
    "epilogue": part("file", b"a.txt").replace(b"\r\n\r\n", b"\r\nContent-Type: image/png\r\n\r\n")
    + END,
}


@pytest.mark.parametrize("kind", OVERHEADS)
@pytest.mark.parametrize("path", ["/tasks/1/files", "/users/me/avatar"])
async def test_an_endless_form_is_refused_after_64_kb_beside_the_file(
    people: People, settings: Settings, kind: str, path: str
):
    alice = await people("alice")
    await alice.task()
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield BEGINNINGS.get(kind, b"")
        while sent < 100_000_000:
            sent += len(OVERHEADS[kind])
            yield OVERHEADS[kind]

    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    response = await alice("POST", path, content=endless(), headers=headers)
    assert response.status_code == 422, response.text
    assert sent <= 100_000
    assert list(settings.upload_dir.glob("*")) == []
    assert await alice.get("/tasks/1/files") == []


async def test_a_large_piece_is_refused_as_many_small_ones_are(people: People):
    alice = await people("alice")
    await alice.task()
    body = EMPTY_PARTS * 1000 + part("file", b"a.txt") + END
    response = await upload_raw(alice, body)
    assert response.status_code == 422
    assert "65536 bytes beside the file" in response.json()["detail"]


@pytest.mark.parametrize(
    "sent",
    [b"../../etc/notes.txt", b"C:\\\\fakepath\\\\notes.txt", b"/notes.txt", b"a\\\\..//notes.txt"],
)
async def test_only_the_last_component_of_a_file_name_is_kept(people: People, sent: bytes):
    alice = await people("alice")
    await alice.task()
    response = await upload_raw(alice, part("file", sent) + END)
    assert response.json()["original_filename"] == "notes.txt"
