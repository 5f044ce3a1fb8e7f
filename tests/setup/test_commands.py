"""What the documents tell a person to run is run by a test, or says where else and why not."""

import re

from tests.e2e.test_readme import BETWEEN, COMPOSE, FIRST, LAST
from tests.setup.commands import ELSEWHERE, elsewhere, found
from tools.setup.paths import REPOSITORY


def test_every_command_is_run_or_its_absence_is_explained() -> None:
    run = {FIRST, LAST, "make down", *BETWEEN}
    assert {each.text for each in found() if not elsewhere(each.text)} == run
    assert COMPOSE in {each.text for each in found()}
    assert run > {"make up", "make status", "make psql", "make dev DETACH=1"}, "none was found"


def test_no_explanation_outlives_its_command() -> None:
    told = [each.text for each in found()]
    stale = [one for one in ELSEWHERE if not any(re.fullmatch(one, text) for text in told)]
    assert stale == []


def test_the_tests_of_the_readme_are_what_the_pipelines_run() -> None:
    [command] = {each.text for each in found() if each.text == "make test"}
    last = (REPOSITORY / ".ci" / "run").read_text().splitlines()[-1]
    assert last == f"exec {command}"
    workflow = (REPOSITORY / ".github" / "workflows" / "test.yml").read_text()
    assert f"- run: {command}\n" in workflow
