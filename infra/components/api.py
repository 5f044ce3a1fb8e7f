"""The api containers of a release: their environment, their secrets and their limits."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from infra.api_limits import ApiLimits
from infra.app_environment import FOLDER as SECRETS
from infra.app_environment import AppEnvironment
from infra.components.container import STARTING_PERIOD, STARTING_QUOTA, ContainerArgs
from infra.components.datastore import Datastore
from infra.components.image import Image
from infra.components.network import Network
from infra.host import Host
from infra.names import CPU_QUOTA

PORT = 8000
LIVENESS = "/health"
MARGIN_SECONDS = 5
"""Between the proxy's drain, the server's stop and Docker's kill, which must come in this order."""

Texts = Mapping[str, pulumi.Input[str]]


@dataclass(frozen=True, kw_only=True)
class ApiArgs:
    """The arguments of every api container.

    environment: the name of the environment, for the service's log.
    host: the machine that it runs on.
    network: the host's networks.
    image: the release's image.
    app: the app's own variables and secrets.
    datastore: the database, the cache and the uploads.
    secret_key: the key that signs tokens.
    limits: the limits of a container, and of the requests to it.
    """

    environment: str
    host: Host
    network: Network
    image: Image
    app: AppEnvironment
    datastore: Datastore
    secret_key: pulumi.Input[str]
    limits: ApiLimits


def container_args(args: ApiArgs) -> ContainerArgs:
    """The container: replaced by a new one before it stops, so that no request is lost."""
    return ContainerArgs(
        host=args.host,
        image=args.image.reference,
        network=args.network.name,
        # Uploads without a volume are in a bucket.
        bucket_network=None if args.datastore.files.volumes else args.network.of_buckets,
        replacement="create-first",
        grace_seconds=args.limits.drain_timeout + 2 * MARGIN_SECONDS,
        environment=environment(args),
        files=files(args),
        volumes=args.datastore.files.volumes,
        memory_megabytes=args.limits.memory,
        # Until the switch lifts it, which a refresh does not report as a change.
        cpu_period=STARTING_PERIOD,
        cpu_quota=STARTING_QUOTA,
        labels=_labels(args.limits),
    )


def _labels(limits: ApiLimits) -> Mapping[str, str]:
    """The quota that the switch sets in place of the one of a start, where there is a limit."""
    return {CPU_QUOTA: str(round(limits.cpus * STARTING_PERIOD))} if limits.cpus else {}


def environment(args: ApiArgs) -> Texts:
    """The service's settings; secrets come as files, which `docker inspect` does not show."""
    return {
        # A stack with a domain is for everyone; the app's own setting wins.
        **({"REFUSE_COMMON_PASSWORDS": "true"} if args.host.domain else {}),
        **args.app.in_container,
        "ENVIRONMENT": args.environment,
        "RELEASE": args.image.digest,
        "DATABASE_URL_FILE": f"{SECRETS}/database_url",
        "SECRET_KEY_FILE": f"{SECRETS}/secret_key",
        "REDIS_URL_FILE": f"{SECRETS}/redis_url",
        **args.datastore.files.environment,
        "STOP_SECONDS": str(args.limits.drain_timeout + MARGIN_SECONDS),
    }


def files(args: ApiArgs) -> Texts:
    """The service's secrets, by the path of their file."""
    return {
        **args.app.files,
        f"{SECRETS}/database_url": args.datastore.database.url,
        f"{SECRETS}/redis_url": args.datastore.cache.url,
        f"{SECRETS}/secret_key": args.secret_key,
    }
