"""Write the generated parts of the documents: `make docs`.

Each part lies between two comments for cog; the first one names the function that writes it.
"""

from pathlib import Path

from cogapp import Cog

from bootstrap.paths import ROOT
from testkit.working_copy import tracked

MARK = "<!-- [[[cog "
PROLOGUE = (
    "import cog\nfrom dev import config_table, cost_table, environment_tables, resource_graph\n"
)


def documents() -> list[Path]:
    """The documents that have a generated part."""
    markdown = [ROOT / file for file in tracked() if file.suffix == ".md"]
    return [document for document in markdown if MARK in document.read_text()]


def generated(document: Path) -> str:
    """The text of `document` with its generated parts written anew."""
    cog = Cog()
    cog.options.prologue = PROLOGUE
    return cog.process_string(document.read_text(), str(document))


def main() -> None:
    """Write each document that is out of date, and print its name."""
    for document in documents():
        text = generated(document)
        if text != document.read_text():
            document.write_text(text)
            print(f"written: {document.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
