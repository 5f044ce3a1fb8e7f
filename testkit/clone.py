"""A clone of the project, in which a person, or a workflow, runs commands in a shell."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bootstrap import cache
from bootstrap.paths import ROOT, VENV
from testkit.deployment import Deployment, free_port
from testkit.outcome import CommandFailed
from testkit.working_copy import copy_files

LIMIT_SECONDS = 600


@dataclass(frozen=True)
class Clone:
    """A fresh clone; its deployments have a name and ports that nothing else uses."""

    deployment: Deployment
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        return self.deployment.folder

    def run(self, command: str, **variables: str) -> str:
        """The output of `command`.

        Raises CommandFailed with that output when it does not succeed.
        """
        done = self.shell(command, **variables)
        if done.returncode != 0:
            raise CommandFailed(f"{command} exited {done.returncode}:\n{done.stdout}")
        return done.stdout

    def shell(self, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `command` in a new shell."""
        # As the documents say: plain commands need the environment file, make targets do not.
        command = command if command.startswith("make ") else f". .local/env && {command}"
        return subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            cwd=self.folder,
            env={**self._environment(), **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LIMIT_SECONDS,
            check=False,
        )

    def commit(self) -> None:
        """Make everything as it is a commit."""
        git = ("git", "-c", "user.name=a", "-c", "user.email=a@b.c")
        for words in (("init", "-q"), ("add", "--all"), ("commit", "-qm", "as it is")):
            subprocess.run([*git, *words], cwd=self.folder, check=True)

    def _environment(self) -> dict[str, str]:
        """The environment of a machine with its downloads, without anything of another clone."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("PULUMI_") and name not in ("VIRTUAL_ENV", "MAKEFLAGS")
        }
        ours = (str(ROOT), str(cache.root()))
        path = [part for part in os.environ["PATH"].split(os.pathsep) if not part.startswith(ours)]
        path_of_copy = (
            {"PYTHONPATH": str(self.folder)} if (self.folder / ".venv").is_symlink() else {}
        )
        return {**kept, **path_of_copy, "PATH": os.pathsep.join(path), **self.variables}


@contextmanager
def cloned(
    folder: Path, *, packages: bool = False, settings: dict[str, str] | None = None
) -> Iterator[Clone]:
    """The project as git has it, committed in the empty `folder`; all it leaves is removed.

    With `packages` it has the Python packages of this clone already. `settings` are the stack's.
    """
    deployment = Deployment.plan(folder)
    compose = f"{deployment.name}-dev"
    names = {"CONTAINER_PREFIX": compose, "COMPOSE_PROJECT_NAME": compose}
    clone = Clone(deployment, {**names, "API_PORT": str(free_port())})
    copy_files(folder)
    clone.commit()
    if packages:
        (folder / ".venv").symlink_to(VENV)
    values = {"name": deployment.name, "port": str(deployment.port), **(settings or {})}
    lines = [f'  taskmanager:{key}: "{value}"' for key, value in values.items()]
    (folder / "Pulumi.local.yaml").write_text("\n".join(["config:", *lines, ""]))
    try:
        yield clone
    finally:
        clone.shell("docker compose down --volumes")
        deployment.remove()
