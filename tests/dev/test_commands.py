"""tests/e2e/test_readme.py runs every command of the documents that is not said to be elsewhere."""

import re

from bootstrap.paths import ROOT
from tests.dev.commands import ELSEWHERE, documented
from tests.e2e.test_readme import BETWEEN, COMPOSE, FIRST, LAST


def test_the_commands_that_are_run_are_those_of_the_documents() -> None:
    texts = {command.text for command in documented()}
    assert {FIRST, LAST, "make down", COMPOSE} <= texts
    # Out of a block, a sentence, a table.
    assert {"make status", "make psql", "docker compose ps"} <= set(BETWEEN)


def test_every_exception_still_has_its_command() -> None:
    texts = [command.text for command in documented()]
    stale = [
        pattern for pattern in ELSEWHERE if not any(re.fullmatch(pattern, text) for text in texts)
    ]
    assert stale == []


def test_the_pipelines_run_the_test_command_of_the_readme() -> None:
    [test] = {command.text for command in documented() if command.text == "make test"}
    last = (ROOT / ".ci" / "run").read_text().splitlines()[-1]
    assert last == f"exec {test}"
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text()
    assert f"- run: {test}\n" in workflow
