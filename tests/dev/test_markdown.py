"""Links in the documents lead somewhere, and named commands, tests and modules exist."""

import re
import subprocess
from pathlib import Path

import pytest

from bootstrap.paths import ROOT
from testkit.faults import FAULTS
from testkit.working_copy import tracked
from tests.dev.commands import FENCED

DOCUMENTS = [ROOT / file for file in tracked() if file.suffix == ".md"]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = {
    target for line in re.findall(r"^([a-z][a-z -]*):", MAKEFILE, re.M) for target in line.split()
}


def _label(file: Path) -> str:
    return str(file.relative_to(ROOT))


def _anchors(document: Path) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    text = FENCED.sub("", document.read_text())
    titles = [re.sub(r"[`*]", "", title) for title in re.findall(r"^#+ (.+)$", text, re.M)]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=_label)
def test_every_link_inside_leads_somewhere(document: Path) -> None:
    text = FENCED.sub("", document.read_text())
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        place, _, anchor = link.partition("#")
        if ":" in place:
            continue
        target = (document.parent / place).resolve() if place else document
        assert target.exists(), link
        assert not anchor or anchor in _anchors(target), link


@pytest.mark.parametrize("document", DOCUMENTS, ids=_label)
def test_every_make_target_and_module_in_a_document_exists(document: Path) -> None:
    text = document.read_text()
    named = {*re.findall(r"`make ([a-z-]+)", text)}
    for language, block in FENCED.findall(text):
        if language in ("bash", "sh"):
            named |= set(re.findall(r"^\s*make ([a-z-]+)", block, re.M))
    assert named <= TARGETS
    for module in re.findall(r"python -m ((?:cli|dev|testkit|benchmarks|bootstrap)[\w.]*)", text):
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), module


@pytest.mark.parametrize("document", DOCUMENTS, ids=_label)
def test_every_test_in_a_document_exists(document: Path) -> None:
    named = re.findall(r"tests/[\w/]+\.py", document.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_tested_fault_is_documented() -> None:
    rows = re.findall(r"^\| ([^|]+) \|", (ROOT / "docs" / "failures.md").read_text(), re.M)
    assert {fault.name for fault in FAULTS} <= set(rows)


def test_the_help_fits_a_terminal() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert [line for line in done.stdout.splitlines() if len(line) > 80] == []


def test_every_document_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    names = {document.name for document in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {name for name in names if f"({name})" not in index} == set()


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150
