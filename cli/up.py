"""Deploy a stack and show that it answers."""

import shutil
import sys
import tempfile
from typing import Any

from cli import deployed, engine_inventory, operations, recovery, service, ssh_config
from cli.progress import Progress
from cli.stack import Stack, outputs
from infra import project
from infra.errors import UserError

NEXT = {
    "up": "release a change of service/: no request is lost",
    "status": "the containers, their health, warnings",
    "logs": "the requests, as they come",
    "psql": "psql on the database",
    "releases": "the releases, and which of them can be rolled back to",
    "down": "remove the deployment, keep the data",
}


def main(name: str, image: str = "", postgres_image: str = "") -> int:
    """`pulumi up` on stack `name`, of images built before if given; then one request in public.

    Takes up where the deployment before was cut off, if it was. Raises UserError when another one
    is under way.
    """
    stack = Stack(name)
    print(f"\nDeploying stack {name}:", flush=True)
    elsewhere = ssh_config.prepare(stack)
    state = recovery.resume(stack)
    if elsewhere and (endpoint := outputs(state).get("endpoint")):
        # Before anything is built for it.
        deployed.reach_host(stack, endpoint)
    engine_inventory.reconcile(stack, state)
    progress = Progress()
    images = {"image": image, "postgresImage": postgres_image}
    if deploy(stack, images, progress=progress) != 0:
        return 1
    try:
        _welcome(stack, progress.outputs)
    except ValueError:
        held = f"Deployed, but requests are stopped at the proxy: {stack.make('status')}"
        print(held, file=sys.stderr)
    except (OSError, UserError) as error:
        print(f"Deployed, but it does not answer from here: {error}", file=sys.stderr)
        return 1
    return 0


def deploy(
    stack: Stack, images: dict[str, str], *options: str, progress: Progress | None = None
) -> int:
    """`pulumi up` on `stack`, of the `images` that are named; the result is its status."""
    if not any(images.values()):
        return operations.up(stack, *options, progress=progress)
    with tempfile.TemporaryDirectory() as folder:
        # A copy: an image for once stays in no file, or the next release would build nothing.
        settings = shutil.copy(project.root() / f"Pulumi.{stack.name}.yaml", folder)
        built = [f"--config=taskmanager:{key}={image}" for key, image in images.items() if image]
        words = [*options, "--config-file", str(settings), *built]
        return operations.up(stack, *words, progress=progress)


def _welcome(stack: Stack, present: dict[str, Any]) -> None:
    url = present["url"]
    health = ", ".join(f"{key} {value}" for key, value in service.ask(url, "/health").items())
    width = max(len(stack.make(target)) for target in NEXT)
    following = "\n".join(
        f"  {stack.make(target):<{width}}  {meaning}" for target, meaning in NEXT.items()
    )
    print(
        f"\nThe service answers: {health}\n\n"
        f"  API            {url}\n"
        f"  Documentation  {url}/docs\n"
        f"  Release        {present['release'].removeprefix('sha256:')[:12]}\n\n"
        f"Next:\n{following}"
    )
