"""Take a deployment that runs, and whose state is lost, into this clone while it serves."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from cli import automation, engine_inventory, foreign_deployment, recovery
from cli.adoption import running
from cli.adoption.running import Running
from cli.adoption.state import rebuilt
from cli.progress import name_of
from cli.stack import Resource, Stack, resources
from infra import project
from infra.errors import UserError

NO_RESOURCES = ("pulumi:pulumi:Stack", "pulumi:providers:")


def adopt(name: str) -> int:
    """Write the state and the secrets of stack `name` from the deployment of its name.

    Nothing on Docker Engine is changed. Raises UserError where that cannot be, with this clone's
    settings and state as they were.
    """
    stack = Stack(name)
    if stack.setting("target") != "local":
        raise UserError(
            f"Stack {name} has the target {stack.setting('target')}; adopt works on local. "
            "The state of a stack on AWS is in its bucket, with its earlier versions: docs/state.md"
        )
    recovery.refuse_under_way(stack)
    before = stack.state()
    _refuse_two_states(stack, before)
    with engine_inventory.engine() as client:
        other = foreign_deployment.find(stack, before, client)
        if other is None:
            raise UserError(
                f"Docker Engine has no deployment called {stack.prefix()}. Nothing was changed. "
                f"Fix: {stack.make('up')} makes one; or name it: "
                f"pulumi config set taskmanager:name NAME --stack {name}"
            )
        if way := foreign_deployment.way_to_its_state(other):
            raise UserError(
                f"The state of {other.name} is in the folder {other.folder}: with a second one "
                f"each would undo the other's changes. Nothing was changed.\n  {way}"
            )
        found = running.look(stack, client)
        with _undone_on_failure(stack, before):
            _take_in(stack, before, found)
    _say(stack, found)
    return 0


def _refuse_two_states(stack: Stack, state: dict[str, Any]) -> None:
    own = [
        resource
        for resource in resources(state)
        if resource.get("custom") and not resource["type"].startswith(NO_RESOURCES)
    ]
    if own:
        raise UserError(
            f"This clone's state of stack {stack.name} has {len(own)} resources of its own, such "
            f"as {name_of(own[0]['urn'])}: adopt takes an empty state. Nothing was "
            f"changed. Fix: {stack.make('down')}, then {stack.make('adopt')}"
        )


def _take_in(stack: Stack, before: dict[str, Any], found: Running) -> None:
    for key, value in found.secrets().items():
        stack.pulumi("config", "set", "--secret", key, typed=value)
    for key, value in found.settings().items():
        stack.pulumi("config", "set", key, value)
    after = {**before, "deployment": dict(before["deployment"])}
    after["deployment"]["resources"] = rebuilt(_planned(stack), found)
    stack.replace_state(after)
    # The settings that only the provider knows how to read.
    stack.pulumi("refresh", "--yes", "--skip-preview")


def _planned(stack: Stack) -> list[Resource]:
    """The steps of a preview of the empty stack.

    Raises UserError with the reason where that fails.
    """
    try:
        preview = automation.ask("preview", "--json", "--stack", stack.name)
    except automation.CommandFailedError as failure:
        try:
            reason = json.loads(failure.output)["diagnostics"][0]["message"]
        except (ValueError, LookupError):
            reason = str(failure)
        raise UserError(f"Nothing was changed: {reason.removeprefix('error: ').strip()}") from None
    return json.loads(preview)["steps"]


@contextmanager
def _undone_on_failure(stack: Stack, state: dict[str, Any]) -> Generator[None]:
    file = project.root() / f"Pulumi.{stack.name}.yaml"
    settings = file.read_text()
    try:
        yield
    except BaseException:
        file.write_text(settings)
        stack.replace_state(state)
        raise


def _say(stack: Stack, found: Running) -> None:
    shown = found.settings()
    print(
        f"Adopted {found.name}: {len(found.containers)} containers, with its secrets and the "
        f"settings port {shown['port']}, bindAddress {shown['bindAddress']} and replicas "
        f"{shown['replicas']}. Other settings are this clone's. Nothing on Docker Engine was "
        f"changed.\nNext: {stack.make('preview')}, then {stack.make('up')}, which releases the "
        "working copy without a gap."
    )
