"""The shape of the code: which folder may import which, and how large a piece may be."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap.paths import ROOT

FOLDERS = ("infra", "cli", "bootstrap", "testkit", "benchmarks", "dev", "tests")
INFRA = ROOT / "infra"
MODULES = sorted(
    module
    for folder in (*FOLDERS, "service/app", "service/migrations")
    for module in (ROOT / folder).rglob("*.py")
    if ".venv" not in module.parts
)
PRODUCT = [
    module
    for module in MODULES
    if module.relative_to(ROOT).parts[0] in ("infra", "service", "cli", "bootstrap")
]
VAGUE = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}
LINES_OF_A_MODULE = 200
LINES_OF_A_FUNCTION = 40
LINES_OF_A_SCREEN = 80


def _label(module: Path) -> str:
    return str(module.relative_to(ROOT))


def _imports(module: Path) -> set[str]:
    """The first part of every absolute import in `module`, also of the late ones."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").partition(".")[0])
    return names


def _lines_of_the_body(function: ast.FunctionDef) -> int:
    documented = ast.get_docstring(function) is not None
    body = function.body[1:] if documented else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


# A module, the import that it must not have, and the contract that says so.
FORBIDDEN = {
    "infra/host.py": ("import cli.stack", "No folder imports upwards"),
    "cli/stack.py": ("import testkit.fake_aws.account", "Commands never reach a stand-in"),
    "testkit/load.py": ("import tests.conftest", "Nothing imports the tests"),
    "infra/components/edge.py": ("import app.main", "Infra and the service meet"),
    "service/app/main.py": ("import infra.names", "The image holds the service alone"),
    "bootstrap/cache.py": ("import requests", "Set-up uses the standard library alone"),
    "infra/validators.py": ("import infra.config", "Infra: the program wires"),
    "infra/targets/local.py": ("import pulumi_aws", "Only AWS targets load the AWS provider"),
    "cli/pipeline/report.py": ("import cli.up", "No folder is in a circle"),
}


@pytest.mark.parametrize("module", FORBIDDEN)
def test_one_forbidden_import_breaks_its_contract(module: str, tmp_path: Path) -> None:
    statement, contract = FORBIDDEN[module]
    for folder in (*FOLDERS, "service/app"):
        ignored = shutil.ignore_patterns(".venv", "__pycache__", "*.go", "*.sum")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / module).open("a") as opened:
        opened.write(f"\n{statement}\n")
    if contract == "No folder is in a circle":
        with (tmp_path / "cli" / "up.py").open("a") as opened:
            opened.write("\nimport cli.pipeline.report\n")
    path = os.pathsep.join([str(tmp_path), str(tmp_path / "service")])
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    broken = [line for line in done.stdout.splitlines() if line.endswith("BROKEN")]
    assert any(line.startswith(contract) for line in broken), broken


def test_no_file_edits_the_path_of_imports() -> None:
    edits = ("sys.path" + ".", "del sys" + ".modules")
    guilty = [_label(module) for module in MODULES if any(e in module.read_text() for e in edits)]
    assert guilty == [], "an editable install makes every folder importable"


@pytest.mark.parametrize("module", PRODUCT, ids=_label)
def test_a_module_and_its_functions_are_short(module: Path) -> None:
    text = module.read_text()
    assert len(text.splitlines()) <= LINES_OF_A_MODULE
    tree = ast.parse(text)
    assert not text.strip() or ast.get_docstring(tree), "its first line says what it is for"
    long = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and _lines_of_the_body(node) > LINES_OF_A_FUNCTION
    ]
    assert long == [], "extract the block that a comment would title"


def test_the_main_program_fits_a_screen_and_only_wires() -> None:
    module = INFRA / "__main__.py"
    tree = ast.parse(module.read_text())
    assert len(module.read_text().splitlines()) <= LINES_OF_A_SCREEN
    logic = (ast.If, ast.For, ast.While, ast.IfExp, ast.FunctionDef, ast.Lambda, ast.Match)
    decisions = [type(node).__name__ for node in ast.walk(tree) if isinstance(node, logic)]
    assert decisions == [], "the configuration, a target or a component decides"
    assert "pulumi_docker" not in _imports(module), "raw resources belong to a component"


def test_modules_have_specific_names() -> None:
    assert [_label(module) for module in MODULES if module.stem in VAGUE] == []
