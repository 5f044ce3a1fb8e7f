"""Change the number of api containers."""

from cli import engine_inventory, recovery, releases, ssh_config, up
from cli.stack import Resource, Stack
from infra import connections
from infra.errors import UserError

SCALED = ("**::*-api-*", "**::*-switch")
"""URNs of the resources that another number of replicas changes: the release stays as it is."""


def scale(stack: Stack, replicas: int) -> int:
    """Run `replicas` api containers of the release that serves; no code is built or released."""
    outputs = stack.outputs()
    if not outputs.get("containers"):
        raise UserError(f"Stack {stack.name} is not deployed. Fix: {stack.make('up')}")
    before = stack.setting("replicas")
    allowed = int(outputs.get(connections.OUTPUT) or connections.allowed(int(before)))
    _check_connections(stack, allowed, replicas)
    ssh_config.prepare(stack)
    missing = engine_inventory.reconcile(stack, recovery.resume(stack))
    stack.pulumi("config", "set", "replicas", str(replicas))
    deployed = False
    try:
        deployed = up.deploy(stack, _prebuilt(stack), *_targets(missing)) == 0
    finally:
        if not deployed:
            stack.pulumi("config", "set", "replicas", before)
    if not deployed:
        return 1
    print(f"\n{replicas} replicas. Later deployments keep that number (`replicas` was {before}).")
    print(f"Next: nothing; {stack.make('status')} shows the containers.")
    return 0


def _targets(missing: list[Resource]) -> list[str]:
    """The options that limit a deployment to what scaling changes, and to what is `missing`."""
    # Of an image that was built, the release that serves is scaled without.
    urns = [*SCALED, *(each["urn"] for each in missing if each["type"] != engine_inventory.BUILT)]
    options = [word for urn in urns for word in ("--target", urn)]
    # Others may have to be told of a container that is made again.
    return [*options, "--target-dependents"] if missing else options


def _check_connections(stack: Stack, allowed: int, replicas: int) -> None:
    """Return when the Postgres that runs, which has `allowed` connections, has those of `replicas`.

    Raises UserError where it would have to be restarted first, which a change of the number of api
    containers does not do.
    """
    if connections.needed(replicas) > allowed:
        raise UserError(
            f"N={replicas} needs {connections.needed(replicas)} connections during a release, "
            f"and the Postgres that runs allows {allowed}. Nothing was changed."
            f"\n  Fix: pulumi config set replicas {replicas} --stack {stack.name}, then "
            f"{stack.make('up')}, which restarts Postgres"
        )


def _prebuilt(stack: Stack) -> dict[str, str]:
    """The serving images that the last deployment did not build: a pipeline's, or a rollback's.

    It is in no setting, and without it the program would count on an image of its own.
    """
    resources = {
        resource["urn"].rpartition("::")[2]: resource
        for resource in stack.state()["deployment"]["resources"]
    }
    prefix = stack.prefix()
    images: dict[str, str] = {}
    if f"{prefix}-image" not in resources:
        images["image"] = releases.history(stack)[0].image
    if f"{prefix}-database-image" not in resources and f"{prefix}-postgres" in resources:
        images["postgresImage"] = resources[f"{prefix}-postgres"]["inputs"]["image"]
    return images
