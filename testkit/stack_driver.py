"""Drives a stack of a copy of this repository with the commands that a person types."""

import json
import secrets
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from bootstrap.state import backend_url
from testkit.outcome import Outcome

PULUMI = ("pulumi", "--non-interactive", "--color", "never")
MAIN = "app/main.py"


@dataclass(kw_only=True)
class StackDriver(ABC):
    """One stack of a copy.

    folder: the copy.
    stack: the stack's name.
    limit_seconds: how long one command may take.
    """

    folder: Path
    stack: str = "local"
    limit_seconds: int = field(default=300, repr=False)

    @property
    @abstractmethod
    def url(self) -> str:
        """The address at which the service answers."""

    @abstractmethod
    def environment(self) -> dict[str, str]:
        """The variables with which a command finds this copy's state and Docker Engine."""

    def command(self, words: Sequence[str]) -> Sequence[str]:
        """`words` as they are started; a driver may start them at another priority."""
        return words

    def pulumi(self, *words: str, **environment: str) -> Outcome:
        """Run `pulumi WORDS` in the copy."""
        return self._run(*PULUMI, *words, **environment)

    def tool(self, name: str, *words: str, typed: str = "") -> Outcome:
        """Run `taskmanager NAME WORDS` on the stack, and type into it; NAME may be two words."""
        command = (sys.executable, "-m", "cli", *name.split(), "--stack", self.stack)
        return self._run(*command, *words, typed=typed)

    def must(self, *words: str, **environment: str) -> str:
        """The output of `pulumi WORDS`, which must succeed."""
        return self.pulumi(*words, **environment).or_raise(words).text

    def configure(self, key: str, value: str, *options: str) -> None:
        """Set a value of the stack's configuration."""
        words = ("config", "set", "--stack", self.stack, *options)
        self.must(*words, "--", f"taskmanager:{key}", value)

    def up(self, *options: str, **environment: str) -> Outcome:
        """Run `pulumi up`, without a question and without a preview."""
        return self.pulumi(*self.up_words(*options), **environment)

    def up_words(self, *options: str) -> tuple[str, ...]:
        """The words after `pulumi` that `up` runs."""
        return ("up", "--stack", self.stack, "--yes", "--skip-preview", *options)

    def release(self, *options: str, **environment: str) -> Outcome:
        """Run `up`, which must succeed."""
        return self.up(*options, **environment).or_raise(("up", *options))

    def preview(self, *options: str) -> Outcome:
        return self.pulumi("preview", "--stack", self.stack, *options)

    def preview_text(self) -> str:
        """The output of `preview`, which must succeed."""
        return self.preview().or_raise(("preview",)).text

    def destroy(self) -> Outcome:
        return self.pulumi("destroy", "--stack", self.stack, "--yes", "--skip-preview")

    def outputs(self) -> dict[str, Any]:
        return _json(self.must("stack", "output", "--json", "--stack", self.stack))

    def state(self) -> str:
        """The state as `pulumi stack export` prints it."""
        return self.must("stack", "export", "--stack", self.stack)

    def resources(self) -> list[dict[str, Any]]:
        """The state of every resource."""
        return _json(self.state())["deployment"].get("resources", [])

    def edit(self, name: str, add: str) -> None:
        """Append to a file of the service: a change of code."""
        path = self.folder / "service" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text() if path.exists() else ""
        path.write_text(f"{before}\n{add}\n")

    def wrap_app(self, module: Path, call: str) -> None:
        """Append `module` to the app's main module, where `call` then wraps `create_app`."""
        self.edit(MAIN, f"{module.read_text()}\n\ncreate_app = {call}")

    def change_code(self) -> None:
        """Make the next `up` release another image."""
        self.edit(MAIN, f"# changed: {secrets.token_hex(8)}")

    def version(self) -> str:
        """The release that answers at the public address."""
        response = requests.get(f"{self.url}/version", timeout=10)
        response.raise_for_status()
        return str(response.json()["version"])

    def _run(self, *words: str, typed: str = "", **environment: str) -> Outcome:
        done = subprocess.run(
            self.command(words),
            cwd=self.folder,
            check=False,
            input=typed,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=self.limit_seconds,
            env={**self.environment(), **environment},
        )
        return Outcome(done.returncode, done.stdout)

    def _own_variables(self, state: Path, passphrase: str) -> dict[str, str]:
        """The variables that every driver sets."""
        return {
            "PULUMI_BACKEND_URL": backend_url(state),
            "PULUMI_CONFIG_PASSPHRASE": passphrase,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # The engine of this clone's own state; a driver may use another one.
            "TASKMANAGER_ENGINE_ID": "",
            # Without it the editable install of another copy would bring that copy's code.
            "PYTHONPATH": str(self.folder),
        }


def _json(text: str) -> dict[str, Any]:
    return json.loads(text[text.index("{") : text.rindex("}") + 1])
