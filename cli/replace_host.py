"""Make a new EC2 host for a stack."""

from typing import Any

from cli import operations, ssh_config
from cli.stack import Stack
from infra.errors import UserError

INSTANCE = "aws:ec2/instance:Instance"


def losses(dead: bool) -> str:
    """What `main` removes, for the question before it."""
    forgotten = " The state forgets the containers of the dead host." if dead else ""
    return (
        "replaces its host: the service is down for minutes, the data volume stays, everything "
        f"else on the host is lost.{forgotten}"
    )


def main(name: str, dead: bool) -> int:
    """`pulumi up` with the instance replaced; what is on its data volume stays.

    A `dead` host cannot be asked to stop its containers: the state forgets them beforehand.
    """
    stack = Stack(name)
    exported = stack.state()
    urn = instance(exported)
    if urn is None:
        raise UserError(
            f"Stack {name} has no EC2 host; a deployed one of target ec2 has. "
            "Fix: name it, as in make replace-host STACK=dev"
        )
    if dead:
        stack.replace_state(without_what_dies_with(exported, urn))
    ssh_config.prepare(stack)
    return operations.up(stack, "--replace", urn)


def instance(exported: dict[str, Any]) -> str | None:
    """The URN of the host in an exported state."""
    resources = (exported.get("deployment") or {}).get("resources", [])
    return next((each["urn"] for each in resources if each["type"] == INSTANCE), None)


def without_what_dies_with(exported: dict[str, Any], urn: str) -> dict[str, Any]:
    """The state without what lives on the host."""
    deployment = exported["deployment"]
    kept = [each for each in deployment["resources"] if each.get("deletedWith") != urn]
    return {**exported, "deployment": {**deployment, "resources": kept}}
