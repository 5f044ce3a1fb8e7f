"""A stack seen from outside the program: its settings, its outputs, its containers."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from typing import Any

import docker

from infra import project
from infra.errors import UserError


def known_stacks() -> list[str]:
    """The names of the project's stacks: each has a file of settings."""
    return sorted(file.name.split(".")[1] for file in project.root().glob("Pulumi.*.yaml"))


@dataclass(frozen=True)
class Stack:
    """The stack called `name` of this project."""

    name: str

    def pulumi(self, *words: str, said: str | None = None) -> str:
        """The output of a Pulumi command on this stack; `said` goes to its standard input.

        Raises UserError with what Pulumi said.
        """
        command = ["pulumi", *words, "--stack", self.name, "--non-interactive"]
        done = subprocess.run(command, check=False, capture_output=True, text=True, input=said)
        if done.returncode != 0:
            said_back = done.stderr.strip() or done.stdout.strip()
            raise UserError(self._missing() if "no stack named" in said_back else said_back)
        return done.stdout

    def _missing(self) -> str:
        known = known_stacks()
        if self.name not in known:
            return f"There is no stack {self.name!r}; there are: {' '.join(known)}."
        return (
            f"Stack {self.name} is not in the state that this shell looks into "
            f"({os.environ.get('PULUMI_BACKEND_URL', 'Pulumi Cloud')}).\n"
            "  Fix: export STATE_URL=… of its state; or make the stack: docs/state.md"
        )

    def replace_state(self, state: dict[str, Any]) -> None:
        """Make `state`, as `pulumi stack export` gives it, the stack's own."""
        self.pulumi("stack", "import", said=json.dumps(state))

    def setting(self, key: str) -> str:
        """The value of a configuration key, with the defaults of `Pulumi.yaml`."""
        return self.pulumi("config", "get", key).strip()

    def protected(self) -> bool:
        """Whether its host and data are protected; only a stack on AWS can be."""
        return self.setting("target") == "ec2" and self.setting("protect") == "true"

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs; empty before the first deployment."""
        return json.loads(self.pulumi("stack", "output", "--json"))

    def state(self) -> dict[str, Any]:
        """The state as it is stored: what is secret in it is encrypted."""
        return json.loads(self.pulumi("stack", "export"))

    def make(self, target: str) -> str:
        """The command that does `target` on this stack."""
        return f"make {target}" + ("" if self.name == "local" else f" STACK={self.name}")

    def prefix(self) -> str:
        """What the names of its containers, network and volumes start with."""
        return self.setting("name")

    def containers(self, client: docker.DockerClient, *, part: str = "") -> list[Any]:
        """Its containers, running or not, whose name goes on with `part`; ordered by name."""
        # On its network: the containers of compose for development begin alike.
        filters: dict[str, Any] = {"name": f"^/?{self.prefix()}-{part}", "network": self.prefix()}
        found = client.containers.list(all=True, filters=filters, ignore_removed=True)
        return sorted(found, key=lambda container: str(container.name))


def counts(text: str) -> dict[str, int]:
    """How many resources Pulumi says it created, updated, replaced, deleted, left unchanged."""
    summary = text.rpartition("Resources:")[2].partition("Duration")[0]
    return {word: int(count) for count, word in re.findall(r"(\d+) (?:to )?([a-z]+)", summary)}
