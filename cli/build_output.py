"""The output of a build that failed: the provider gives no more of it than its last line."""

import os
import re
import subprocess
from pathlib import Path

from cli.stack import Stack
from infra import project

SHOWN_LINES = 40
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def of_failed(stack: Stack) -> str:
    """The end of the output of a build of the stack that fails now; empty where none does.

    Asks the classic builder again, on this machine's engine: the steps before the one that fails
    are in its cache. BuildKit keeps a cache of its own, so that an engine that builds with it would
    begin anew: for that one nothing is said.
    """
    if not _is_classic(stack):
        return ""
    from infra.components.image import POSTGRES

    service = project.root() / "service"
    arguments = [f"PYTHON_VERSION={stack.setting('pythonVersion')}"]
    return failed_output(service, arguments) or failed_output(POSTGRES, [])


def failed_output(context: Path, arguments: list[str]) -> str:
    """The end of the output of a classic build of `context`, if it fails; else nothing."""
    # These bring Pulumi along, half a second of every command that needs none of it.
    from infra import build_proxies

    proxies = [name for name in build_proxies.VARIABLES if os.environ.get(name)]
    options = [word for pair in (*arguments, *proxies) for word in ("--build-arg", pair)]
    network = build_proxies.network()
    words = ["docker", "build", *options, *(["--network", network] if network else [])]
    done = subprocess.run(
        [*words, "--force-rm", "."],
        cwd=context,
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "DOCKER_BUILDKIT": "0"},
    )
    if done.returncode == 0:
        return ""
    # It colours what a step writes to its standard error.
    lines = COLOUR.sub("", done.stdout).rstrip().splitlines()[-SHOWN_LINES:]
    return "\n".join([f"The build of {context} fails; the end of its output:", *_indented(lines)])


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _is_classic(stack: Stack) -> bool:
    import pulumi

    from infra import docker_engine

    try:
        return docker_engine.is_classic(stack.setting("builder"))
    except pulumi.RunError:
        return False
