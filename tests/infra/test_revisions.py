"""The schema's revisions as the deploying machine reads them."""

from pathlib import Path

import pulumi
import pytest

from infra import project, revisions
from testkit.recorded.program import run


def service(folder: Path, *written: tuple[str, str]) -> Path:
    """A service with these revisions, each with the source of what it follows."""
    versions = folder / "service" / revisions.VERSIONS
    versions.mkdir(parents=True)
    for name, follows in written:
        source = f'"""{name}."""\nrevision = "{name}"\ndown_revision: str | None = {follows}\n'
        (versions / f"{name}_of_alembic.py").write_text(source)
    return folder / "service"


MERGED = (("f3c0ffee1234", '"0001"'), ("0001", "None"), ("02", '"0001"'))


def test_names_of_hexadecimal_digits_are_read_in_the_order_of_their_runs(tmp_path: Path) -> None:
    folder = service(tmp_path, *MERGED, ("01aa", '("f3c0ffee1234", "02")'))
    names = [revision.id for revision in revisions.in_order(folder)]
    assert names[0] == "0001"
    assert names[-1] == "01aa"
    assert set(names[1:3]) == {"f3c0ffee1234", "02"}
    assert revisions.branches(folder) == []


def test_a_file_that_is_no_revision_is_left_to_alembic(tmp_path: Path) -> None:
    folder = service(tmp_path, ("0001", "None"))
    (folder / revisions.VERSIONS / "notes.py").write_text("revision = (\n")
    assert [revision.id for revision in revisions.in_order(folder)] == ["0001"]


def test_two_heads_stop_the_program_before_its_first_resource(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service(tmp_path, *MERGED)
    monkeypatch.setattr(project, "root", lambda: tmp_path)
    with pytest.raises(pulumi.RunError) as caught:
        run()
    text = str(caught.value)
    assert "2 heads" in text
    assert "f3c0ffee1234_of_alembic.py" in text
    assert "alembic -c service/alembic.ini merge -m merge 02 f3c0ffee1234" in text
    assert not caught.value.graph.nodes  # type: ignore[attr-defined]
