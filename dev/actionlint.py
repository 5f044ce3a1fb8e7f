"""The linter of GitHub's workflows, built from its Go module."""

import re
from pathlib import Path

from bootstrap import cache
from bootstrap.offline import go
from bootstrap.paths import ROOT

MODULE = ROOT / "dev" / "actionlint"
PACKAGE = "github.com/rhysd/actionlint/cmd/actionlint"


def command() -> Path:
    """The program, in the version that the module file requires."""
    match = re.search(r"rhysd/actionlint v(\S+)", (MODULE / "go.mod").read_text())
    version = match[1] if match else "unknown"

    def make(directory: Path) -> None:
        go.build(MODULE, PACKAGE, directory / "actionlint", what="Building actionlint")

    return cache.made(f"actionlint-{version}", make) / "actionlint"
