"""The shape of the code: who may import whom, and how large a piece may be."""

import ast
from pathlib import Path

import pytest

from tests.infra.graph import INFRA, ROOT

SERVICE = ROOT / "service"
# Importer to imported. What is not listed imports nothing of ours.
ARROWS = {
    "__main__": {"config", "targets", "components"},
    "targets": {"targets", "config", "cloud", "host", "parts", "engine", "jobs"},
    "components": {"components", "jobs", "host", "parts"},
    "host": {"parts"},
    "jobs": {"jobs", "engine", "ssh"},
    "engine": {"ssh"},
    "config": {"rules", "cloud"},
    "cloud": {"rules"},
}
MODULES = sorted(INFRA.rglob("*.py"))
VAGUE = {"utils", "util", "helpers", "helper", "manager", "misc", "common"}
LINES_OF_A_MODULE = 200
LINES_OF_A_FUNCTION = 40
LINES_OF_A_SCREEN = 75


def _layer(module: Path) -> str:
    return module.relative_to(INFRA).parts[0].removesuffix(".py")


OURS = {_layer(module) for module in MODULES} | {"infra"}


def _imports(module: Path) -> set[str]:
    """The first part of every absolute import in `module`, also of the late ones."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add((node.module or "").partition(".")[0])
    return found


def _label(module: Path) -> str:
    return str(module.relative_to(ROOT))


def _lines_of_the_body(function: ast.FunctionDef) -> int:
    documented = ast.get_docstring(function) is not None
    body = function.body[1:] if documented else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("module", MODULES, ids=_label)
def test_imports_follow_the_arrows(module: Path) -> None:
    allowed = ARROWS.get(_layer(module), set())
    assert _imports(module) & OURS <= allowed, (
        f"{_layer(module)} may import {sorted(allowed) or 'nothing of ours'}"
    )


@pytest.mark.parametrize("layer", sorted(ARROWS))
def test_no_arrow_is_allowed_that_nobody_needs(layer: str) -> None:
    used = set[str]().union(*(_imports(m) & OURS for m in MODULES if _layer(m) == layer))
    assert used == ARROWS[layer], "what is allowed beyond need is how layers grow together"


@pytest.mark.parametrize("module", MODULES, ids=_label)
def test_infra_knows_nothing_of_the_services_code(module: Path) -> None:
    assert "app" not in _imports(module), "they meet in an image, an environment and three paths"


def test_the_service_knows_nothing_of_infra() -> None:
    modules = sorted(SERVICE.rglob("*.py"))
    assert modules, "there is a service"
    guilty = [_label(module) for module in modules if _imports(module) & OURS]
    assert guilty == [], "the image holds only service/"


@pytest.mark.parametrize("module", MODULES, ids=_label)
def test_only_cloud_targets_import_a_cloud(module: Path) -> None:
    # A target with a cloud is a package, which targets/__init__.py loads late.
    cloud = len(module.relative_to(INFRA).parts) > 2 and _layer(module) == "targets"
    if not cloud:
        assert "pulumi_aws" not in _imports(module), "every stack would pay for loading it"


@pytest.mark.parametrize("module", MODULES, ids=_label)
def test_a_module_can_be_read_in_one_go(module: Path) -> None:
    text = module.read_text()
    assert len(text.splitlines()) <= LINES_OF_A_MODULE
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "its first line says what it is for"
    long = [
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        # A component's constructor is a list of what it is made of.
        and node.name != "__init__"
        and _lines_of_the_body(node) > LINES_OF_A_FUNCTION
    ]
    assert long == [], "extract the block that a comment would title"


def test_the_main_program_fits_a_screen_and_only_wires() -> None:
    module = INFRA / "__main__.py"
    tree = ast.parse(module.read_text())
    assert len(module.read_text().splitlines()) <= LINES_OF_A_SCREEN
    logic = (ast.If, ast.For, ast.While, ast.IfExp, ast.FunctionDef, ast.Lambda, ast.Match)
    found = [type(node).__name__ for node in ast.walk(tree) if isinstance(node, logic)]
    assert found == [], "what decides belongs to the configuration, a target or a component"
    assert "pulumi_docker" not in _imports(module), "raw resources belong to a component"


def test_modules_are_named_by_what_they_hold() -> None:
    assert [_label(module) for module in MODULES if module.stem in VAGUE] == []
