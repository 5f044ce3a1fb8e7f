"""A new user's path: a fresh clone, and every command that the documents tell a person to run."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from tests.setup.commands import elsewhere, found
from tools.setup import cache
from tools.trial.deployment import REPOSITORY, Deployment, free_port
from tools.working_copy import tracked

LIMIT_SECONDS = 240
FIRST, LAST = "make up", "make down PURGE=1"
# In the order of the documents; what removes everything comes at the end, as it does there.
BETWEEN = [
    text
    for text in dict.fromkeys(command.text for command in found())
    if elsewhere(text) is None and text not in (FIRST, LAST, "make down")
]


@dataclass(frozen=True)
class Clone:
    """A clone in which nothing was run before; what it deploys has a name and a port of its own."""

    deployment: Deployment
    development_port: int

    def run(self, command: str) -> str:
        """What `command` says; it must succeed."""
        done = self.shell(command)
        assert done.returncode == 0, f"{command} exited {done.returncode}:\n{done.stdout}"
        assert "Traceback" not in done.stdout, done.stdout
        return done.stdout

    def shell(self, command: str) -> subprocess.CompletedProcess[str]:
        """`command` in a shell that a person has opened."""
        # As they all say: in a shell of one's own, that first. Make targets need it not.
        command = command if command.startswith("make ") else f". .local/env && {command}"
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=self.deployment.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )

    def _environment(self) -> dict[str, str]:
        """Of a machine that has downloads, and nothing of another clone."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PULUMI_") and name not in ("VIRTUAL_ENV", "MAKEFLAGS")
        }
        ours = (str(REPOSITORY), str(cache.root()))
        path = [part for part in os.environ["PATH"].split(os.pathsep) if not part.startswith(ours)]
        compose = f"{self.deployment.name}-dev"
        return {
            **kept,
            "PATH": os.pathsep.join(path),
            "API_PORT": str(self.development_port),
            "CONTAINER_PREFIX": compose,
            "COMPOSE_PROJECT_NAME": compose,
        }


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """The project as git has it, committed; all that it leaves is removed at the end."""
    deployment = Deployment.plan(tmp_path_factory.mktemp("readme") / "taskmanager")
    folder = deployment.folder
    for name in tracked():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, folder / name, follow_symlinks=False)
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b.c")
    for words in (("init", "-q"), ("add", "--all"), ("commit", "-qm", "as it is")):
        subprocess.run([*git, *words], cwd=folder, check=True)
    own = {"name": deployment.name, "port": deployment.port}
    lines = [f'  taskmanager:{key}: "{value}"' for key, value in own.items()]
    (folder / "Pulumi.local.yaml").write_text("\n".join(["config:", *lines, ""]))
    clone = Clone(deployment, free_port())
    yield clone
    clone.shell("docker compose down --volumes")
    deployment.remove()


def test_a_fresh_clone_serves_after_the_first_command(clone: Clone) -> None:
    said = clone.run(FIRST)
    assert "The service answers: {'status': 'ok', 'database': 'healthy'}" in said
    [address] = re.findall(r"API +(\S+)", said)
    assert requests.get(f"{address}/docs", timeout=10).ok
    last = said.rstrip().splitlines()[-1]
    assert "make" in last, f"a person is left without what to do next: {last}"


def test_the_same_command_releases_a_change(clone: Clone) -> None:
    before = clone.deployment.version()
    clone.deployment.edit("app/main.py", "# something was changed")
    clone.run(FIRST)
    assert clone.deployment.version() != before


@pytest.mark.parametrize("command", BETWEEN)
def test_a_command_of_the_documents_does_its_work(clone: Clone, command: str) -> None:
    assert clone.run(command).strip(), "a person is told nothing"


def test_the_last_command_leaves_nothing(clone: Clone) -> None:
    engine, name = clone.deployment.client, clone.deployment.name
    clone.run("make down")
    assert not clone.deployment.containers(f"(?!{name}-dev)")
    assert engine.volumes.list(filters={"name": f"{name}-postgres-data"}), "the data is kept"
    clone.run(LAST)
    assert not clone.deployment.containers()
    assert not engine.volumes.list(filters={"name": f"{name}-"})
    assert not engine.networks.list(names=[name])
