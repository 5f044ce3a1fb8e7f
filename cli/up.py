"""Deploy a stack and show that it answers."""

import json
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from typing import Any

from cli import build_output, deployed, engine_inventory, recovery, ssh_config
from cli.stack import Stack
from infra import project
from infra.errors import UserError

NEXT = {
    "up": "release a change of service/: no request is lost",
    "status": "what runs, and what needs a look",
    "logs": "follow it",
    "psql": "into the database",
    "releases": "what was released, and can be gone back to",
    "down": "remove it, keep the data",
}


def main(name: str, image: str = "", postgres_image: str = "") -> int:
    """`pulumi up` on stack `name`, of images built before if given; then one request in public.

    Takes up where the deployment before was cut off, if it was. Raises UserError when another one
    is under way.
    """
    stack = Stack(name)
    print(f"\nDeploying stack {name}:", flush=True)
    elsewhere = ssh_config.prepare(stack)
    recovery.resume(stack)
    engine_inventory.settle(stack)
    if elsewhere and (endpoint := stack.outputs().get("endpoint")):
        # Before anything is built for it.
        deployed.reach_host(stack, endpoint)
    if deploy(name, {"image": image, "postgresImage": postgres_image}) != 0:
        if output := build_output.of_failed(stack):
            print(f"\n{output}", file=sys.stderr)
        print(
            f"\nThe deployment stopped at the error above. {_serving(stack)}\n"
            f"  Then again: {stack.make('up')}    What runs now: {stack.make('status')}",
            file=sys.stderr,
        )
        return 1
    try:
        _welcome(stack)
    except ValueError:
        print(f"Deployed; its way in is closed: {stack.make('status')}", file=sys.stderr)
    except (OSError, UserError) as error:
        print(f"Deployed, but it does not answer from here: {error}", file=sys.stderr)
        return 1
    return 0


def deploy(name: str, images: dict[str, str], *options: str) -> int:
    """`pulumi up` on stack `name`, of the `images` that are given; the result is its status."""
    command = ["pulumi", "up", "--stack", name, "--yes", "--skip-preview", *options]
    if not any(images.values()):
        return subprocess.run(command, check=False).returncode
    with tempfile.TemporaryDirectory() as folder:
        # A copy: an image for once stays in no file, or the next release would build nothing.
        settings = shutil.copy(project.root() / f"Pulumi.{name}.yaml", folder)
        given = [f"--config=taskmanager:{key}={image}" for key, image in images.items() if image]
        once = ["--config-file", settings, *given]
        return subprocess.run([*command, *once], check=False).returncode


def _serving(stack: Stack) -> str:
    """Which release answers now, as it was just asked."""
    url = stack.outputs().get("url")
    if not url:
        return "No release has served yet."
    try:
        return f"Release {_ask(url, 'version')['version'][:19]} answers at {url}."
    except (OSError, ValueError, KeyError) as error:
        return f"At {url} nothing answers now: {error}."


def _ask(url: str, path: str) -> dict[str, Any]:
    # As a release is proved: by the users' way in, not by a proxy of this shell.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"{url}/{path}", timeout=10) as response:
        return json.load(response)


def _welcome(stack: Stack) -> None:
    outputs = stack.outputs()
    url = outputs["url"]
    health = _ask(url, "health")
    width = max(len(stack.make(target)) for target in NEXT)
    following = "\n".join(
        f"  {stack.make(target):<{width}}  {what}" for target, what in NEXT.items()
    )
    print(
        f"\nThe service answers: {health}\n\n"
        f"  API            {url}\n"
        f"  Documentation  {url}/docs\n"
        f"  Release        {outputs['release'][:19]}\n\n"
        f"Next:\n{following}"
    )
