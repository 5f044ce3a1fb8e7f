"""Which release a rollback goes to, and what the database says against it."""

import json
from dataclasses import replace
from typing import Any, cast

import pytest
from docker.errors import ImageNotFound

from cli import releases, rollback
from cli.releases import Release, find, missing
from infra.errors import UserError


def release(name: str, *, at: str = "2026-11-23T22:10:00Z") -> Release:
    digest = f"sha256:{name.ljust(64, '0')}"
    given = {"schema": "0002", "commit": None, "dirty": False, "who": "ada", "kept": True}
    return Release(release=digest, image=digest, at=at, **given)


ABC, ABD, B = release("abc"), release("abd"), release("b")


def test_nothing_said_is_the_one_before() -> None:
    assert find([B, ABD, ABC], "") == ABD


def test_a_release_made_twice_is_no_way_back_to_itself() -> None:
    assert find([B, B, ABC], "") == ABC


def test_after_a_rollback_no_line_offers_the_release_that_serves() -> None:
    rows = releases._table([ABC, B, ABC], {})
    assert [list(column.cells) for column in rows.columns][-1] == [
        "serves now",
        "yes",
        "serves now",
    ]


@pytest.mark.parametrize("to", ["abc", "sha256:abc", "abc000"])
def test_the_beginning_of_a_name_is_enough(to: str) -> None:
    assert find([B, ABD, ABC], to) == ABC


@pytest.mark.parametrize(
    ("to", "problem"),
    [
        ("ab", "more than one release: abd"),
        ("f00", "no earlier release begins with 'f00'"),
        ("b", "is the release that serves now"),
    ],
)
def test_a_release_that_cannot_be_meant_is_refused(to: str, problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        find([B, ABD, ABC], to)


def test_the_first_release_has_none_before() -> None:
    with pytest.raises(UserError, match="there is no earlier release"):
        find([B], "")


class Images:
    """A Docker Engine with these images."""

    def __init__(self, *present: str) -> None:
        self.images, self._present = self, present

    def get(self, name: str) -> None:
        if name not in self._present:
            raise ImageNotFound(name)


def test_a_release_whose_image_docker_engine_lost_cannot_be_gone_back_to() -> None:
    client: Any = Images(ABC.image)
    absent = missing([B, ABC], client)
    assert set(absent) == {B.release}, "after `docker image prune` its history still says kept"
    with pytest.raises(UserError, match="image is gone from Docker Engine") as caught:
        rollback._check(B, absent, {})
    assert "pulumi config" not in str(caught.value), "no setting holds the image of a rollback"


def test_a_release_without_image_that_the_schema_refuses_too_says_both() -> None:
    why = {"0002": "revision 0003: renamed"}
    with pytest.raises(UserError) as caught:
        rollback._check(B, missing([B], cast(Any, Images())), why)
    said = str(caught.value)
    assert "image is gone from Docker Engine" in said
    assert "revision 0003: renamed" in said
    assert "git checkout" not in said, "a build of its commit would be refused for the schema"
    assert "make restore" in said


def test_a_release_whose_image_is_there_is_refused_for_the_schema_alone() -> None:
    with pytest.raises(UserError, match=r"moved on.*revision 0003") as caught:
        rollback._check(B, {}, {"0002": "revision 0003: renamed"})
    assert "image" not in str(caught.value)


def test_an_image_that_a_registry_has_is_pulled_again() -> None:
    client: Any = Images()
    pulled = replace(B, image=f"ghcr.io/owner/api@{B.release}")
    assert missing([pulled], client) == {}
    assert missing([replace(pulled, kept=False)], client)


def test_an_entry_from_before_the_numbers_is_read() -> None:
    assert ABC.number == 0


def refusals(*rows: tuple[str, str | None]) -> dict[str, str]:
    from cli import releases

    class Answering:
        client = None

        def containers(self, *_: object, **__: object) -> list["Answering"]:
            return [self]

        def exec_run(self, *_: object, **__: object) -> "Answering":
            return self

        exit_code = 0
        output = json.dumps([{"revision": r, "breaking": b} for r, b in rows])

    return releases.refusals(Answering(), Answering())  # type: ignore[arg-type]


def test_every_schema_before_a_breaking_revision_is_refused_and_none_after() -> None:
    why = refusals(("0001", None), ("0002", None), ("0003", "renamed"), ("0004", None))
    assert set(why) == {"0001", "0002"}
    assert "revision 0003: renamed" in why["0002"]


def test_a_schema_that_was_only_added_to_refuses_nothing() -> None:
    assert refusals(("0001", None), ("0002", None)) == {}
