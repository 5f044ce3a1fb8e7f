"""The whole program, run against a monitor that records the resources it registers.

Nothing is created: a recorder answers in place of Pulumi's engine, and the Docker Engine is stubbed
at the one seam through which infra reaches it, `docker_engine.connect`. A run leaves nothing
behind: it has its own context variables and its own environment.
"""

import contextvars
import json
import os
import runpy
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi
import yaml
from pulumi.runtime import set_all_config, set_mocks
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import Stack, run_pulumi_func
from pulumi.runtime.sync_await import _ensure_event_loop, _sync_await

from bootstrap.paths import ROOT
from infra import docker_engine
from testkit.recorded.docker_engine import FakeEngine
from testkit.recorded.recorder import DIGEST, IMAGE_ID, Graph, Node, Recorder, Unused
from testkit.recorded.secret_marks import Secret, unmarked

__all__ = ["DIGEST", "IMAGE_ID", "Graph", "Node", "Secret", "run", "unmarked"]

INFRA = ROOT / "infra"
PROJECT = "taskmanager"
# Recognisable, so that a test can look for them where they must not be.
PASSWORD = "password-0123456789abcdef"
SECRET_KEY = "signing-key-0123456789abcdef0123456789abcdef"
BACKUP_SECRET = "backup-secret-0123456789abcdef0123456789abcdef"
SECRET_VALUES = (PASSWORD, SECRET_KEY, BACKUP_SECRET)
# Owners of a volume or a host port: one each, found by its name.
SINGLETONS = [
    "taskmanager-backup",
    "taskmanager-postgres",
    "taskmanager-proxy",
    "taskmanager-redis",
]
TOKEN = "registry-token-0123456789abcdef"
ENVIRONMENT = (
    "TASKMANAGER_ENGINE_ID",
    "DOCKER_HOST",
    "DOCKER_CONTEXT",
    "PULUMI_CONFIG",
    "GITHUB_TOKEN",
)


def defaults() -> dict[str, str]:
    """The defaults of `Pulumi.yaml`, as Pulumi's engine passes them."""
    described = declared()
    given = {key: entry["default"] for key, entry in described.items() if "default" in entry}
    return {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in given.items()
    }


def declared() -> dict[str, dict[str, Any]]:
    """The configuration keys of `Pulumi.yaml`."""
    return yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]


def run(
    *,
    stack: str = "local",
    config: Mapping[str, str | None] | None = None,
    engine: FakeEngine | None = None,
    preview: bool = False,
    environment: Mapping[str, str] | None = None,
    program: Path = INFRA / "__main__.py",
) -> Graph:
    """Run `program` for `stack`.

    `config` goes on top of the defaults of `Pulumi.yaml`, None takes a key away. Raises what the
    program raises, with the graph of what was registered until then as its `graph`.
    """
    graph = Graph(engine=engine or FakeEngine())
    given: dict[str, str | None] = {
        **defaults(),
        "target": "local",
        "databasePassword": PASSWORD,
        "secretKey": SECRET_KEY,
        "backupSecret": BACKUP_SECRET,
        **(config or {}),
    }
    values = {f"{PROJECT}:{key}": value for key, value in given.items() if value is not None}
    try:
        with (
            _environment(environment or {}),
            patch.object(docker_engine, "connect", graph.engine.connect),
            patch.object(docker_engine, "emulators", lambda: graph.engine.emulators),
        ):
            contextvars.copy_context().run(_execute, graph, stack, values, preview, program)
    except BaseException as error:
        error.graph = graph  # type: ignore[attr-defined]
        raise
    return graph


@contextmanager
def _environment(given: Mapping[str, str]) -> Iterator[None]:
    kept = {key: value for key, value in os.environ.items() if key not in ENVIRONMENT}
    with patch.dict(os.environ, {**kept, **given}, clear=True):
        yield


def _execute(graph: Graph, name: str, config: dict[str, str], preview: bool, program: Path) -> None:
    secret = ("databasePassword", "secretKey", "backupSecret")
    with warnings.catch_warnings():
        # Python 3.12 and 3.13 warn when Pulumi asks for a loop that it has to make.
        warnings.simplefilter("ignore", DeprecationWarning)
        _ensure_event_loop()
    set_all_config(config, [f"{PROJECT}:{key}" for key in secret])
    set_mocks(Unused(), project=PROJECT, stack=name, preview=preview, monitor=Recorder(graph))
    _sync_await(run_pulumi_func(lambda: _main(graph, program)))


async def _main(graph: Graph, program: Path) -> None:
    runpy.run_path(str(program), run_name="__main__")
    root = get_root_resource()
    assert isinstance(root, Stack)
    for key, value in root.outputs.items():
        output = pulumi.Output.from_input(value)
        plain = await output.future()
        graph.exports[key] = Secret(plain) if await output.is_secret() else plain
