"""Deploy a stack and show that it answers: `python -m tools.up STACK`."""

import json
import subprocess
import sys
import urllib.request

from tools.stack import Stack, StackError


def main(name: str) -> int:
    """`pulumi up` on stack `name`, then one request through the public path."""
    stack = Stack(name)
    print(f"\nDeploying stack {name}:", flush=True)
    command = ["pulumi", "up", "--stack", name, "--yes", "--skip-preview"]
    if subprocess.run(command, check=False).returncode != 0:
        print(
            "\nThe deployment stopped at the error above. What served before goes on serving.\n"
            f"  Then again: make up{_suffix(name)}    What runs now: make status{_suffix(name)}",
            file=sys.stderr,
        )
        return 1
    try:
        _welcome(stack.outputs(), _suffix(name))
    except (OSError, StackError) as error:
        print(f"Deployed, but it does not answer from here: {error}", file=sys.stderr)
        return 1
    return 0


def _welcome(outputs: dict[str, str], suffix: str) -> None:
    url = outputs["url"]
    with urllib.request.urlopen(f"{url}/health", timeout=10) as response:  # noqa: S310 - our own
        health = json.load(response)
    print(
        f"\nThe service answers: {health}\n\n"
        f"  API            {url}\n"
        f"  Documentation  {url}/docs\n"
        f"  Release        {outputs['release'][:19]}\n\n"
        "Next:\n"
        f"  Change something under service/ and run make up{suffix} again: no request is lost\n"
        f"  make status{suffix}   what runs     make logs{suffix}   follow it\n"
        f"  make psql{suffix}     the database  make down{suffix}   remove it, keep the data"
    )


def _suffix(name: str) -> str:
    return "" if name == "local" else f" STACK={name}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
