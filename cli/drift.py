"""Find out whether the host runs what was deployed."""

import json
from dataclasses import asdict

from cli import changes, preview, traffic
from cli.changes import Change
from cli.deployed import Deployed
from cli.resource_types import CONTAINER
from infra.errors import UserError

REFRESH = ("refresh", "--preview-only", "--stack")


def drift(deployed: Deployed, *, as_json: bool = False) -> int:
    """Print the differences of the host from the state, and change neither; 1 if any.

    Raises UserError when they could not be compared.
    """
    stack = deployed.stack
    compared = preview.run([*REFRESH, stack.name, *_kept(deployed)], changes.refreshed)
    if compared.problem:
        raise UserError(
            f"Stack {stack.name} could not be compared with its host. {compared.problem}"
        )
    traffic_lines = routing(deployed)
    if as_json:
        differs = bool(compared.changes or traffic_lines)
        resources = [asdict(change) for change in compared.changes]
        print(json.dumps({"drift": differs, "traffic": traffic_lines, "resources": resources}))
        return 1 if differs else 0
    lines = [*traffic_lines, *_resources(compared.changes, traffic_lines)]
    if not lines:
        print(f"No drift: the host agrees with the last deployment (stack {stack.name}).")
        return 0
    for line in lines:
        print(line if line.startswith(" ") else f"Drift: {line}")
    print(f"\n  Repair it: pulumi refresh --stack {stack.name}, then {stack.make('up')}")
    return 1


def _resources(found: list[Change], known: list[str]) -> list[str]:
    """Lines on the resources of the state that differ, but for those that `known` lines name."""
    lines: list[str] = []
    for change in found:
        if change.word != "remove":
            lines += [f"{change.kind} {change.name} was changed", *change.lines()[1:]]
        elif f"{change.name} is gone" not in known:
            lines.append(f"{change.kind} {change.name} is gone")
    return lines


def _kept(deployed: Deployed) -> list[str]:
    """The options that leave out what a failed release stopped, and kept for a person to look at.

    Its container is in the state as one that has to run.
    """
    names = failed(deployed)
    return [
        word
        for resource in deployed.resources()
        if resource["type"] == CONTAINER and resource.get("outputs", {}).get("name") in names
        for word in ("--exclude", str(resource["urn"]))
    ]


def routing(deployed: Deployed) -> list[str]:
    """A line for each difference in containers and traffic that a refresh does not see."""
    return [*_stores(deployed), *_release(deployed)]


def failed(deployed: Deployed) -> set[str]:
    """The api containers of a deployment that failed: in the state, and never given requests."""
    serving = set(deployed.outputs.get("containers", []))
    known = {
        str(resource.get("outputs", {}).get("name") or resource.get("inputs", {}).get("name"))
        for resource in deployed.resources()
        if resource["type"] == CONTAINER
    }
    present = {str(container.name) for container in deployed.containers("api-")}
    return (present & known) - serving


def _stores(deployed: Deployed) -> list[str]:
    """The containers beside the release's that are not there, or do not run.

    Pulumi's engine skips a resource that it deleted to replace and has not made again.
    """
    present = {str(container.name): container.status for container in deployed.containers()}
    lines: list[str] = []
    for resource in deployed.resources():
        name = resource.get("outputs", {}).get("name", "")
        if resource["type"] != CONTAINER or resource.get("delete") or "-api-" in name:
            continue
        if resource.get("pendingReplacement") and name not in present:
            lines.append(f"{name} was deleted to be replaced, and was not made again")
        elif name not in present:
            lines.append(f"{name} is gone")
        elif present[name] != "running":
            lines.append(f"{name} is {present[name]}")
    return lines


def _release(deployed: Deployed) -> list[str]:
    """A line for each difference of the api containers and their traffic from the last release."""
    wanted = set(deployed.outputs.get("containers", []))
    known = {str(container.name): container.status for container in deployed.containers("api-")}
    found = [f"{name} is gone" for name in sorted(wanted - set(known))]
    found += [
        f"{name} is {status}"
        for name, status in known.items()
        if name in wanted and status != "running"
    ]
    strays = set(known) - wanted - failed(deployed)
    found += [f"{name} belongs to no release" for name in sorted(strays)]
    try:
        _, targets = traffic.state(deployed)
    except UserError as problem:
        return [*found, str(problem)]
    if set(targets) != wanted:
        found.append(f"the proxy sends requests to {', '.join(sorted(targets))}")
    return found
