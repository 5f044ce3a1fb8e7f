"""One release of the service: migrate, start, prove healthy, switch, prove in public.

Pulumi's engine creates the containers first and deletes the old ones last. Everything between is a
step whose failure fails the deployment and leaves the previous release serving.
"""

from dataclasses import dataclass

import pulumi

from infra.api_limits import PROXY_SECONDS, ApiLimits
from infra.components import api
from infra.components.api import ApiArgs
from infra.components.container import LAST_SHARES, STARTING_PERIOD, STARTING_QUOTA, container
from infra.components.edge import Edge, public_name
from infra.steps.migration import Migration, MigrationArgs
from infra.steps.ready import Ready, ReadyArgs
from infra.steps.release_history import ReleaseHistory, ReleaseHistoryArgs
from infra.steps.switch import Switch, SwitchArgs

MEBIBYTE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class ReleaseArgs(ApiArgs):
    """The arguments of Release.

    edge: the proxy in front of the api containers.
    replicas: the number of api containers.
    health_timeout: the longest start of a container, in seconds.
    migration_timeout: the longest migration, in seconds.
    keep_releases: the number of releases whose images are kept.
    """

    edge: Edge
    replicas: int
    health_timeout: int
    migration_timeout: int
    keep_releases: int


class Release(pulumi.ComponentResource):
    """The service, serving; `containers` are the names of its api containers."""

    containers: list[pulumi.Output[str]]

    def __init__(
        self, name: str, args: ReleaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:docker:Release", name, None, opts)
        child = args.host.child_of(self)
        migration = _migration(name, args, child)
        self.containers = _containers(name, args, migration, child)
        switch = _switch(name, args, self.containers, child)
        _history(name, args, migration, switch, child)
        self.register_outputs({"containers": self.containers})


def _migration(name: str, args: ReleaseArgs, child: pulumi.ResourceOptions) -> Migration:
    return Migration(
        f"{name}-migration",
        MigrationArgs(
            name=name,
            endpoint=args.host.endpoint,
            image=args.image.reference,
            revisions=args.image.revisions,
            database=args.datastore.database.id,
            network=args.network.name,
            cpu_shares=LAST_SHARES,
            cpu_period=STARTING_PERIOD,
            cpu_quota=STARTING_QUOTA,
            environment=api.environment(args),
            files=api.files(args),
            postgres=args.datastore.database.container,
            timeout=args.migration_timeout,
            log_driver=args.host.logs.driver,
            log_options=args.host.logs.options,
        ),
        # No value carries all of this order: the addresses are plain text, see Datastore.
        child.merge(pulumi.ResourceOptions(depends_on=[args.edge, *args.datastore.ready])),
    )


def _containers(
    name: str, args: ReleaseArgs, migration: Migration, child: pulumi.ResourceOptions
) -> list[pulumi.Output[str]]:
    """The names of the api containers, each started once the one before it is healthy."""
    names: list[pulumi.Output[str]] = []
    # The schema comes before the code that needs it, and each container before the next one.
    before: list[pulumi.Resource] = [migration]
    for number in range(1, args.replicas + 1):
        if names:
            ready = ReadyArgs(
                endpoint=args.host.endpoint,
                container=names[-1],
                release=list(names),
                proxy=args.edge.container_name,
                service=name,
                health_timeout=args.health_timeout,
            )
            before = [*before, Ready(f"{name}-api-{number - 1}-ready", ready, child)]
        after = child.merge(pulumi.ResourceOptions(depends_on=before))
        names.append(container(f"{name}-api-{number}", api.container_args(args), after).name)
    return names


def _switch(
    name: str,
    args: ReleaseArgs,
    containers: list[pulumi.Output[str]],
    child: pulumi.ResourceOptions,
) -> Switch:
    return Switch(
        f"{name}-switch",
        SwitchArgs(
            endpoint=args.host.endpoint,
            proxy=args.edge.container_name,
            proxy_id=args.edge.container_id,
            service=name,
            targets=containers,
            port=str(api.PORT),
            options=_proxy_options(args),
            url=args.host.url,
            release=args.image.digest,
            host_size=args.host.size,
            health_timeout=args.health_timeout,
        ),
        child,
    )


def _history(
    name: str,
    args: ReleaseArgs,
    migration: Migration,
    switch: Switch,
    child: pulumi.ResourceOptions,
) -> None:
    ReleaseHistory(
        f"{name}-ledger",
        ReleaseHistoryArgs(
            name=name,
            endpoint=args.host.endpoint,
            machine_labels=args.host.machine_labels,
            volume=f"{name}-releases",
            image=args.image.reference,
            # The switch's, not the image's: a release that failed is in no history.
            release=switch.release,
            schema=migration.schema,
            built=args.image.built,
            repository=args.image.repository,
            keep=args.keep_releases,
        ),
        child,
    )


def _proxy_options(args: ReleaseArgs) -> list[str]:
    return [
        # Liveness: a lost Redis makes every replica unready at once, and must not take all of them
        # out of the rotation. Readiness was proved before the switch.
        f"--health-check-path={api.LIVENESS}",
        f"--drain-timeout={args.limits.drain_timeout}s",
        f"--deploy-timeout={args.health_timeout}s",
        # The proxy is the outermost one: forwarding headers that a client sends are not passed on.
        "--forward-headers=false",
        *_request_limits(args.limits),
        *public_name(args.host),
    ]


def _request_limits(limits: ApiLimits) -> list[str]:
    options: list[str] = []
    # Not said where it is the proxy's own, so that no earlier stack is switched again.
    if limits.request_timeout != PROXY_SECONDS:
        options.append(f"--target-timeout={limits.request_timeout}s")
    # The proxy counts a body only while it buffers it: in memory up to 1 MiB, then on its disk.
    if limits.max_body_size:
        size = limits.max_body_size * MEBIBYTE
        options += ["--buffer-requests", f"--max-request-body={size}"]
    return options
