"""One release of the service: migrate, start, prove healthy, switch, prove in public.

The containers are created first and the old ones deleted last, by the engine; everything between
is a job whose failure fails the deployment and leaves the old release serving.
"""

from dataclasses import dataclass
from typing import Any

import pulumi

from infra.components.container import LAST_SHARES, STARTING_PERIOD, STARTING_QUOTA, container
from infra.components.datastore import Datastore
from infra.components.edge import Edge
from infra.components.image import Image
from infra.host import Host
from infra.steps.migration import Migration
from infra.steps.ready import Ready
from infra.steps.release_history import Ledger
from infra.steps.switch import Switch

PORT = 8000
SECRETS = "/run/secrets"
LIVENESS = "/health"
MARGIN_SECONDS = 5
"""Between the proxy's drain, the server's stop and Docker's kill, which must come in this order."""
MEGABYTES = 512


@dataclass(frozen=True, kw_only=True)
class ReleaseArgs:
    """What runs (`image`), where, on what (`datastore`), behind what (`edge`); times in seconds.

    The images of the newest `keep_releases` stay on the host, under tags of `repository`.
    """

    environment: str
    host: Host
    network: pulumi.Input[str]
    image: Image
    datastore: Datastore
    edge: Edge
    secret_key: pulumi.Input[str]
    replicas: int
    health_timeout: int
    migration_timeout: int
    drain_timeout: int
    repository: str
    keep_releases: int


class Release(pulumi.ComponentResource):
    """The service, serving; `containers` are the names of what serves."""

    containers: list[pulumi.Output[str]]

    def __init__(
        self, name: str, args: ReleaseArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:docker:Release", name, None, opts)
        child = args.host.child_of(self)
        environment = _environment(args)
        files = {
            f"{SECRETS}/database_url": args.datastore.database.url,
            f"{SECRETS}/redis_url": args.datastore.cache.url,
            f"{SECRETS}/secret_key": args.secret_key,
        }
        migration = Migration(
            f"{name}-migration",
            {
                "name": name,
                "endpoint": args.host.endpoint,
                "image": args.image.reference,
                "revisions": args.image.revisions,
                "database": args.datastore.database.id,
                "network": args.network,
                "cpuShares": LAST_SHARES,
                "cpuPeriod": STARTING_PERIOD,
                "cpuQuota": STARTING_QUOTA,
                "environment": environment,
                "files": files,
                "timeout": args.migration_timeout,
            },
            # No value carries all of this order: the addresses are plain text, see Datastore.
            opts=child.merge(pulumi.ResourceOptions(depends_on=args.datastore.ready)),
        )
        self.containers = []
        # The schema comes before the code that needs it, and each container before the next one.
        before: list[pulumi.Resource] = [migration]
        for number in range(1, args.replicas + 1):
            if self.containers:
                before = [*before, self._ready(f"{name}-api-{number - 1}", args, child)]
            made = container(
                f"{name}-api-{number}",
                host=args.host,
                image=args.image.reference,
                network=args.network,
                replacement="create-first",
                grace_seconds=args.drain_timeout + 2 * MARGIN_SECONDS,
                envs=[pulumi.Output.concat(key, "=", value) for key, value in environment.items()],
                files=files,
                volumes=args.datastore.files.volumes,
                memory=MEGABYTES,
                memory_swap=MEGABYTES,
                # Until the switch lifts it, which no refresh takes for a change.
                cpu_period=STARTING_PERIOD,
                cpu_quota=STARTING_QUOTA,
                opts=child.merge(pulumi.ResourceOptions(depends_on=before)),
            )
            self.containers.append(made.name)
        switch = Switch(
            f"{name}-switch",
            {
                "endpoint": args.host.endpoint,
                "proxy": args.edge.container_name,
                "proxyId": args.edge.container_id,
                "service": name,
                "targets": self.containers,
                "port": str(PORT),
                "options": _proxy_options(args),
                "url": args.host.url,
                "release": args.image.digest,
                "hostSize": args.host.size,
                "healthTimeout": args.health_timeout,
            },
            opts=child,
        )
        Ledger(
            f"{name}-ledger",
            {
                "name": name,
                "endpoint": args.host.endpoint,
                "mark": args.host.mark,
                "volume": f"{name}-releases",
                "image": args.image.reference,
                "release": switch.release,
                "schema": migration.schema,
                "built": args.image.built,
                "repository": args.repository,
                "keep": args.keep_releases,
            },
            opts=child,
        )
        self.register_outputs({"containers": self.containers})

    def _ready(self, name: str, args: ReleaseArgs, child: pulumi.ResourceOptions) -> Ready:
        props = {
            "endpoint": args.host.endpoint,
            "container": self.containers[-1],
            "healthTimeout": args.health_timeout,
        }
        return Ready(f"{name}-ready", props, opts=child)


def _environment(args: ReleaseArgs) -> dict[str, Any]:
    return {
        "ENVIRONMENT": args.environment,
        "RELEASE": args.image.digest,
        "DATABASE_URL_FILE": f"{SECRETS}/database_url",
        "SECRET_KEY_FILE": f"{SECRETS}/secret_key",
        "REDIS_URL_FILE": f"{SECRETS}/redis_url",
        **args.datastore.files.environment,
        "STOP_SECONDS": str(args.drain_timeout + MARGIN_SECONDS),
    }


def _proxy_options(args: ReleaseArgs) -> list[str]:
    return [
        # Liveness: a lost Redis makes every replica unready at once, and must not take all of them
        # out of the rotation. Readiness was proved before the switch.
        f"--health-check-path={LIVENESS}",
        f"--drain-timeout={args.drain_timeout}s",
        f"--deploy-timeout={args.health_timeout}s",
        # The proxy is the outermost hop: what a client claims of itself is not passed on.
        "--forward-headers=false",
        *([f"--host={args.host.domain}", "--tls"] if args.host.domain else []),
    ]
