"""A build that fails shows why: on a real engine, by the classic builder."""

from pathlib import Path

from bootstrap.images import python_version
from cli import build_output

BASE = f"python:{python_version()}-slim"


def test_the_output_of_the_step_that_fails_is_shown(tmp_path: Path) -> None:
    step = "RUN echo the reason of it >&2 && exit 7"
    (tmp_path / "Dockerfile").write_text(f"ARG WORD\nFROM {BASE}\nARG WORD\n{step}\n")
    said = build_output.failed_output(tmp_path, ["WORD=given"])
    assert f"The build of {tmp_path} fails" in said
    assert "    the reason of it" in said.splitlines()
    assert "returned a non-zero code: 7" in said


def test_of_a_build_that_succeeds_nothing_is_said(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {BASE}\n")
    assert build_output.failed_output(tmp_path, []) == ""


def test_only_the_end_of_a_long_output_is_shown(tmp_path: Path) -> None:
    step = "RUN for number in $(seq 500); do echo line $number; done; exit 1"
    (tmp_path / "Dockerfile").write_text(f"FROM {BASE}\n{step}\n")
    lines = build_output.failed_output(tmp_path, []).splitlines()
    assert len(lines) == 1 + build_output.SHOWN_LINES
    assert "    line 500" in lines
    assert "    line 1" not in lines
