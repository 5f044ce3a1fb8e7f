"""Change how much runs, and find out whether what runs is what was deployed."""

import subprocess

from cli import releases, ssh_config, traffic, up
from cli.deployed import Deployed
from cli.stack import Stack
from infra.errors import UserError

CONTAINER = "docker:index/container:Container"
SCALED = ("**::*-api-*", "**::*-switch")
"""URNs of what another number of replicas changes: the release itself stays as it is."""


def scale(stack: Stack, replicas: str = "") -> int:
    """Run `replicas` api containers of the release that serves; no code is built or released."""
    if not stack.outputs().get("containers"):
        raise UserError(f"Stack {stack.name} is not deployed. Fix: {stack.make('up')}")
    before = stack.setting("replicas")
    if not replicas.isdecimal() or not 1 <= int(replicas) <= 16:
        raise UserError(
            f"N={replicas} is no number of replicas: 1 to 16, now {before}. "
            f"Fix: {stack.make('scale')} N=2"
        )
    stack.pulumi("config", "set", "replicas", replicas)
    targets = [word for urn in SCALED for word in ("--target", urn)]
    ssh_config.prepare(stack)
    status = up.deploy(stack.name, _prebuilt(stack), *targets)
    if status != 0:
        stack.pulumi("config", "set", "replicas", before)
        return status
    print(f"\n{replicas} replicas, and so it stays: the setting `replicas` was {before}.")
    return 0


def _prebuilt(stack: Stack) -> dict[str, str]:
    """What serves and was not built by the deployment before: a pipeline's, or of a rollback.

    It is in no setting, and without it the program would count on an image of its own.
    """
    resources = {
        each["urn"].rpartition("::")[2]: each for each in stack.state()["deployment"]["resources"]
    }
    prefix = stack.prefix()
    images: dict[str, str] = {}
    if f"{prefix}-image" not in resources:
        images["image"] = releases.ledger(stack)[0].image
    if f"{prefix}-database-image" not in resources and f"{prefix}-postgres" in resources:
        images["postgresImage"] = resources[f"{prefix}-postgres"]["inputs"]["image"]
    return images


def drift(deployed: Deployed) -> int:
    """Print what differs between the host and the state, changing neither; 1 if anything does."""
    stack = deployed.stack
    words = ["refresh", "--preview-only", "--expect-no-changes", "--diff"]
    command = ["pulumi", *words, "--stack", stack.name, "--non-interactive"]
    refreshed = subprocess.run(
        command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    found = routing(deployed)
    if refreshed.returncode == 0 and not found:
        print(f"No drift: what runs is what was deployed (stack {stack.name}).")
        return 0
    if refreshed.returncode != 0:
        print(refreshed.stdout.strip())
    for line in found:
        print(f"Drift: {line}")
    print(
        f"\n  Make it as it was deployed: pulumi refresh --stack {stack.name}, then "
        f"{stack.make('up')}"
    )
    return 1


def routing(deployed: Deployed) -> list[str]:
    """What of containers and traffic is not as deployed, which a refresh does not see."""
    return [*_stores(deployed), *_release(deployed)]


def _stores(deployed: Deployed) -> list[str]:
    """The containers beside the release's that are not there, or do not run.

    Pulumi's engine skips what it deleted to replace it and has not made again.
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
    """What of the api containers and of their traffic is not as the last release left it."""
    wanted = set(deployed.outputs.get("containers", []))
    known = {str(each.name): each.status for each in deployed.containers("api-")}
    found = [f"{name} is gone" for name in sorted(wanted - set(known))]
    found += [
        f"{name} is {status}"
        for name, status in known.items()
        if name in wanted and status != "running"
    ]
    found += [f"{name} is nobody's" for name in sorted(set(known) - wanted)]
    try:
        _, targets = traffic.state(deployed)
    except UserError as problem:
        return [*found, str(problem)]
    if set(targets) != wanted:
        found.append(f"the proxy sends requests to {', '.join(sorted(targets))}")
    return found
