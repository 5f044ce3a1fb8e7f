"""The wording of docstrings, as far as a machine can check it."""

import ast
from collections.abc import Iterator

from bootstrap.paths import ROOT
from testkit.working_copy import tracked

FOLDERS = ("benchmarks", "bootstrap", "cli", "dev", "infra", "service", "testkit")
NO_SUBJECT = ("How much", "That", "What", "Where", "Which", "Who", "Whose")
"""First words of a clause that stands for a name."""


def _texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The line and the text of each docstring, and of each string after an assignment."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))):
                yield node.lineno, text
            case _:
                pass


def test_a_docstring_begins_with_a_noun_or_a_verb() -> None:
    bad: list[str] = []
    for file in tracked():
        if file.suffix == ".py" and file.parts[0] in FOLDERS and (ROOT / file).is_file():
            for line, text in _texts(ast.parse((ROOT / file).read_text())):
                if text.startswith(tuple(f"{word} " for word in NO_SUBJECT)):
                    bad.append(f"{file}:{line}: {text.splitlines()[0]}")
    assert bad == [], "say what it is by its name: 'The output of …', not 'What … prints'"


def test_a_clause_in_place_of_a_name_is_found() -> None:
    source = 'LIMIT = 1\n"""What it is."""\n\ndef f() -> None:\n    """Where it lies."""\n'
    found = [text for _, text in _texts(ast.parse(source)) if text.startswith(("What ", "Where "))]
    assert found == ["What it is.", "Where it lies."]
