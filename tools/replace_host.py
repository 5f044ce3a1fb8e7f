"""Make a new EC2 host for a stack, also for a dead one: `python -m tools.replace_host STACK`."""

import json
import subprocess
import sys

from tools.stack import Stack, StackError

INSTANCE = "aws:ec2/instance:Instance"


def main(name: str) -> int:
    """`pulumi up` with the instance replaced; what is on its data volume stays."""
    exported = json.loads(Stack(name).pulumi("stack", "export"))
    resources = (exported.get("deployment") or {}).get("resources", [])
    urns = [each["urn"] for each in resources if each["type"] == INSTANCE]
    if not urns:
        raise StackError(f"Stack {name} has no EC2 host. Fix: make up STACK={name}")
    command = ["pulumi", "up", "--stack", name, "--yes", "--skip-preview", "--replace", urns[0]]
    return subprocess.run(command, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except StackError as problem:
        sys.exit(str(problem))
