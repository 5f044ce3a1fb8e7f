"""The generated parts of the documents: tables and graphs that the code writes."""

import re
from pathlib import Path

import pytest

from bootstrap.paths import ROOT
from dev import documents, resource_graph
from testkit.recorded.ec2 import deploy
from testkit.recorded.program import Graph

GENERATED = {
    "docs/configuration.md": {"config_table.table"},
    "docs/aws.md": {"cost_table.table"},
    "docs/environment.md": {"environment_tables.service", "environment_tables.compose"},
    "docs/architecture.md": {"resource_graph.mermaid"},
}


def _name(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", documents.documents(), ids=_name)
def test_the_generated_parts_of_a_document_are_current(document: Path) -> None:
    assert documents.generated(document) == document.read_text(), "Fix: make docs"


def test_each_table_and_graph_is_in_its_document() -> None:
    written = {
        _name(document): set(re.findall(r"cog\.out\((\w+\.\w+)\(\)\)", document.read_text()))
        for document in documents.documents()
    }
    assert written == GENERATED


def test_an_outdated_part_is_written_anew(tmp_path: Path) -> None:
    document = tmp_path / "outdated.md"
    mark = "<!-- [[[cog cog.out(config_table.table()) ]]] -->"
    document.write_text(f"before\n{mark}\nold\n<!-- [[[end]]] -->\nafter\n")
    text = documents.generated(document)
    assert "\nold\n" not in text
    assert "| `replicas` |" in text
    assert text.startswith(f"before\n{mark}\n")
    assert text.endswith("<!-- [[[end]]] -->\nafter\n")


def test_a_graph_is_drawn_the_same_in_whatever_order_its_resources_were_registered() -> None:
    graph = deploy("dev")
    backwards = Graph(nodes=graph.nodes[::-1])
    assert resource_graph.drawn(backwards) == resource_graph.drawn(graph)
