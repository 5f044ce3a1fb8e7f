"""Uploads whose form is broken, odd or none at all."""

import pytest

from app.settings import Settings

from .people import People
from .uploads import END, part, upload_raw

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
