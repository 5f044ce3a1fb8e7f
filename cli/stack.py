"""A stack seen from outside the program: its settings, its outputs, its containers."""

import json
import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import docker
from pulumi.automation import StackNotFoundError

from cli import automation
from infra import project
from infra.errors import UserError

STACK = "pulumi:pulumi:Stack"
SWITCH = "pulumi-python:dynamic/taskmanager:Switch"
Resource = dict[str, Any]
"""One of a state, as `pulumi stack export` gives it."""


def known_stacks() -> list[str]:
    """The names of the project's stacks: each has a file of settings."""
    return sorted(file.name.split(".")[1] for file in project.root().glob("Pulumi.*.yaml"))


@dataclass(frozen=True)
class Stack:
    """The stack called `name` of this project."""

    name: str

    def pulumi(self, *words: str, typed: str = "") -> str:
        """The output of a Pulumi command on this stack, with `typed` as its input.

        Raises UserError with Pulumi's message.
        """
        try:
            return automation.ask(*words, "--stack", self.name, typed=typed)
        except StackNotFoundError:
            raise UserError(self._missing()) from None
        except automation.CommandFailedError as failure:
            raise UserError(str(failure)) from failure

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
        # Not through a file: a secret that is not encrypted yet may be in it.
        self.pulumi("stack", "import", typed=json.dumps(state))

    @cached_property
    def _settings(self) -> dict[str, Any]:
        """All of the configuration, read once: each command of Pulumi takes 0.2 s."""
        found: dict[str, dict[str, Any]] = json.loads(self.pulumi("config", "--json"))
        return {key.partition(":")[2]: entry.get("value") for key, entry in found.items()}

    def setting(self, key: str) -> str:
        """The value of a configuration key that is no secret, with the defaults of `Pulumi.yaml`.

        Raises UserError when it has none.
        """
        value = self._settings.get(key)
        if value is None:
            raise UserError(
                f"The setting {key} of stack {self.name} has no value. "
                f"Fix: pulumi config set -s {self.name} {key} …"
            )
        return str(value)

    def protected(self) -> bool:
        """Whether its host and data are protected; only a stack on AWS can be."""
        return self.setting("target") == "ec2" and self.setting("protect") == "true"

    def outputs(self) -> dict[str, Any]:
        """The stack's outputs; empty before the first deployment."""
        return outputs(self.state())

    def state(self) -> dict[str, Any]:
        """The state as it is stored, with its secrets encrypted."""
        return json.loads(self.pulumi("stack", "export"))

    def make(self, target: str) -> str:
        """The command that does `target` on this stack."""
        return f"make {target}" + ("" if self.name == "local" else f" STACK={self.name}")

    def prefix(self) -> str:
        """The beginning of the names of its containers, network and volumes."""
        return self.setting("name")

    def containers(self, client: docker.DockerClient, *, part: str = "") -> list[Any]:
        """Its containers, running or not, whose name goes on with `part`; ordered by name."""
        # On its network: the containers of compose for development begin alike.
        filters: dict[str, Any] = {"name": f"^/?{self.prefix()}-{part}", "network": self.prefix()}
        found = client.containers.list(all=True, filters=filters, ignore_removed=True)
        return sorted(found, key=lambda container: str(container.name))


def outputs(state: dict[str, Any]) -> dict[str, Any]:
    """The stack's outputs in an exported state; `containers` are those that got the traffic last.

    A release that fails leaves its own outputs, and the state of the switch as it was.
    """
    stacks = [resource for resource in resources(state) if resource["type"] == STACK]
    found: dict[str, Any] = dict(stacks[0].get("outputs") or {}) if stacks else {}
    for resource in resources(state):
        known: dict[str, Any] = resource.get("outputs") or {}
        if resource["type"] == SWITCH and "targets" in known:
            found["containers"] = known["targets"]
    return found


def resources(state: dict[str, Any]) -> list[Resource]:
    """The resources of an exported state; none before the first deployment."""
    deployment: dict[str, Any] = state.get("deployment") or {}
    return deployment.get("resources") or []


def title(resource: Resource) -> str:
    """The kind and the name of a resource, as a person reads them."""
    kind = resource["type"].rpartition(":")[2]
    known: dict[str, Any] = resource.get("outputs") or {}
    name = known.get("name") or resource["urn"].rpartition("::")[2]
    return f"{kind} {name}"
