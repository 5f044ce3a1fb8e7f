"""tests/e2e/test_readme.py runs every command of the documents that is not said to be elsewhere."""

import re

from bootstrap.paths import ROOT
from tests.dev.commands import ELSEWHERE, found
from tests.e2e.test_readme import BETWEEN, COMPOSE, FIRST, LAST


def test_the_commands_that_are_run_are_those_of_the_documents() -> None:
    told = {each.text for each in found()}
    assert {FIRST, LAST, "make down", COMPOSE} <= told
    # Out of a block, a sentence, a table.
    assert {"make status", "make psql", "docker compose ps"} <= set(BETWEEN)


def test_every_exception_still_has_its_command() -> None:
    told = [each.text for each in found()]
    stale = [one for one in ELSEWHERE if not any(re.fullmatch(one, text) for text in told)]
    assert stale == []


def test_the_pipelines_run_the_test_command_of_the_readme() -> None:
    [command] = {each.text for each in found() if each.text == "make test"}
    last = (ROOT / ".ci" / "run").read_text().splitlines()[-1]
    assert last == f"exec {command}"
    workflow = (ROOT / ".github" / "workflows" / "test.yml").read_text()
    assert f"- run: {command}\n" in workflow
