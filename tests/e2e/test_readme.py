"""A new user's path: a fresh clone, and every command that the documents tell a person to run."""

import re
from collections.abc import Iterator

import pytest
import requests

from testkit.clone import Clone, cloned
from tests.dev.commands import documented, elsewhere

FIRST, LAST = "make up", "make down PURGE=1"
# In the order of the documents; the command that removes everything is the last one there too.
BETWEEN = [
    text
    for text in dict.fromkeys(command.text for command in documented())
    if elsewhere(text) is None and text not in (FIRST, LAST, "make down")
]


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """The project as a new user has it; but for the packages, which `make test` has installed just
    now in the same way, on a fresh machine from nothing.
    """
    with cloned(tmp_path_factory.mktemp("readme") / "taskmanager", packages=True) as fresh:
        yield fresh


# docs/development.md begins with it.
COMPOSE = "export PYTHON_VERSION=$(pulumi config get pythonVersion --stack local)"


def test_a_fresh_clone_serves_after_the_first_command(clone: Clone) -> None:
    output = clone.run(FIRST)
    assert "The service answers: status ok, database healthy" in output
    [address] = re.findall(r"API +(\S+)", output)
    assert requests.get(f"{address}/docs", timeout=10).ok
    last = output.rstrip().splitlines()[-1]
    assert "make" in last, f"a person is left without what to do next: {last}"


def test_the_same_command_releases_a_change(clone: Clone) -> None:
    before = clone.deployment.version()
    clone.deployment.edit("app/main.py", "# something was changed")
    clone.run(FIRST)
    assert clone.deployment.version() != before


@pytest.mark.parametrize("command", BETWEEN)
def test_a_command_of_the_documents_does_its_work(clone: Clone, command: str) -> None:
    before = f"{COMPOSE} && " if command.startswith("docker compose") else ""
    assert "Traceback" not in clone.run(before + command, YES="1")


def test_the_last_command_leaves_nothing(clone: Clone) -> None:
    engine, name = clone.deployment.client, clone.deployment.name
    clone.run("make down", YES="1")
    assert not clone.deployment.containers(f"(?!{name}-dev)")
    assert engine.volumes.list(filters={"name": f"{name}-postgres-data"}), "the data is kept"
    clone.run(LAST, YES="1")
    assert not clone.deployment.containers()
    assert not engine.volumes.list(filters={"name": f"{name}-"})
    assert not engine.networks.list(names=[name])
