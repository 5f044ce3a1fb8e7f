"""Make a new EC2 host for a stack."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cli import operations, ssh_config
from cli.stack import Stack
from infra.ec2_config import NEW_SETUP
from infra.errors import UserError

if TYPE_CHECKING:
    from cli.ec2_host import Machine

NEWEST = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{architecture}"


def losses(dead: bool) -> str:
    """The losses of `main`, for the question before it."""
    forgotten = " The state forgets the containers of the dead host." if dead else ""
    return (
        "replaces its host: the service is down for minutes, the data volume stays, everything "
        f"else on the host is lost.{forgotten}"
    )


def main(name: str, dead: bool) -> int:
    """`pulumi up` with the instance replaced, from the newest set-up; its data volume stays.

    A `dead` host cannot be asked to stop its containers: the state forgets them beforehand, and one
    that hangs is stopped by force. One that EC2 has terminated is made anew either way.
    """
    # The AWS SDK takes as long to load as all other commands together.
    from cli import ec2_host

    stack = Stack(name)
    exported = stack.state()
    machine = ec2_host.find(stack, exported)
    if machine is None:
        raise UserError(
            f"Stack {name} has no EC2 host; a deployed one of target ec2 has. "
            "Fix: name it, as in make replace-host STACK=dev"
        )
    if machine.gone():
        # The next one is made from the newest image, unless the configuration names one.
        if asked := stack.setting("ami"):
            _refuse_withdrawn_image(stack, machine, asked)
        ec2_host.forget(stack, exported, machine)
        ssh_config.prepare(stack)
        return operations.up(stack)
    _refuse_withdrawn_image(stack, machine, stack.setting("ami") or machine.ami)
    if dead:
        stack.replace_state(ec2_host.without_what_dies_with(exported, machine.urn))
        machine.stop_by_force()
    ssh_config.prepare(stack)
    # The program gives the machine that is there its own user data again.
    os.environ[NEW_SETUP] = "1"
    return operations.up(stack, "--replace", machine.urn)


def _refuse_withdrawn_image(stack: Stack, machine: Machine, ami: str) -> None:
    """Raise UserError before the old host is gone, when a new one could not be made."""
    if machine.image_is_there(ami):
        return
    parameter = NEWEST.format(architecture=stack.setting("architecture"))
    raise UserError(
        f"The image {ami}, from which the host of stack {stack.name} is made, is no longer in "
        f"{machine.region}. Nothing was changed. Fix:\n"
        f"  pulumi config set -s {stack.name} ami $(aws ssm get-parameter --name {parameter} "
        f"--region {machine.region} --query Parameter.Value --output text)\n"
        f"  {stack.make('replace-host')}"
    )
