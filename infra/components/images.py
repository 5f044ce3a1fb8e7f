"""The images of a deployment: all of them are on the host before any container is deleted."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_docker as docker

from infra.app_environment import AppEnvironment
from infra.components.image import POSTGRES, Image, ImageArgs
from infra.host import Host
from infra.names import build_tag
from infra.steps.migration_check import MigrationCheck, MigrationCheckArgs
from infra.steps.settings_check import SettingsCheck, SettingsCheckArgs

REDIS_IMAGE = "redis:8-trixie"
PROXY_IMAGE = "basecamp/kamal-proxy:v0.9.2"


@dataclass(frozen=True, kw_only=True)
class ImagesArgs:
    """The arguments of Images.

    host: the machine that they are for.
    service: the folder of the service, which is built.
    prebuilt: the service's image that was built before; empty: build it.
    prebuilt_postgres: the Postgres image that was built before; empty: build it.
    repository: the name of the images; a build leaves a tag that is the stack's name.
    python_version: the version of Python in the service's image.
    app: the app's own variables and secrets, which its image must accept.
    secret_key: the key of their fingerprints.
    secrets: those that containers hold as files; another one makes such a container anew.
    """

    host: Host
    service: Path
    prebuilt: str
    prebuilt_postgres: str
    repository: str
    python_version: str
    app: AppEnvironment
    secret_key: pulumi.Output[str]
    secrets: Sequence[pulumi.Input[str]]


class Images(pulumi.ComponentResource):
    """Every image of the deployment.

    Containers that own a volume or a port are deleted before they are made again, so they wait for
    `ready`: a build, a pull or a migration that fails must not leave the host without a database.
    `postgres` and `redis` are there unless the target brings the service along.
    """

    api: Image
    postgres: pulumi.Output[str]
    redis: pulumi.Output[str]
    proxy: pulumi.Output[str]
    ready: list[pulumi.Resource]

    def __init__(
        self, name: str, args: ImagesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:docker:Images", name, None, opts)
        child = args.host.child_of(self)
        managed = args.host.backing_services
        self.api = _api(name, args, self)
        proxy = _pulled(name, "proxy", PROXY_IMAGE, "Edge", args.host, child)
        self.proxy = proxy.image_id
        self.ready = [*args.host.target, self.api, proxy]
        causes: list[pulumi.Input[str]] = [self.proxy, *args.secrets]
        if managed.database is None:
            postgres = _postgres(name, args, self)
            self.postgres = postgres.reference
            self.ready.append(postgres)
            causes.append(self.postgres)
        if managed.cache is None:
            redis = _pulled(name, "redis", REDIS_IMAGE, "Datastore", args.host, child)
            self.redis = redis.image_id
            self.ready.append(redis)
            causes.append(self.redis)
        if args.app:
            self.ready.append(_settings(name, args, self.api, child))
        self.ready.append(_check(name, args, self.api, causes, child))
        self.register_outputs({})


def _api(name: str, args: ImagesArgs, parent: Images) -> Image:
    image = ImageArgs(
        host=args.host,
        context=args.service,
        prebuilt=args.prebuilt,
        repository=args.repository,
        tag=_tag(name),
        arguments={"PYTHON_VERSION": args.python_version},
        revision_label=True,
    )
    return Image(name, image, _moved(parent, pulumi.ROOT_STACK_RESOURCE))


def _postgres(name: str, args: ImagesArgs, parent: Images) -> Image:
    image = ImageArgs(
        host=args.host,
        context=POSTGRES,
        prebuilt=args.prebuilt_postgres,
        repository=args.repository,
        tag=f"{_tag(name)}-postgres",
    )
    before = pulumi.create_urn(name, "taskmanager:docker:Datastore")
    return Image(f"{name}-database", image, _moved(parent, before))


def _tag(name: str) -> str:
    return build_tag(pulumi.get_project(), pulumi.get_stack(), name)


def _moved(
    parent: Images, before: pulumi.Input[str] | pulumi.Resource | None
) -> pulumi.ResourceOptions:
    # Until 2026-11-26 each image was a child of the component that runs it. Delete the aliases
    # once every stack was deployed since.
    return pulumi.ResourceOptions(parent=parent, aliases=[pulumi.Alias(parent=before)])


def _pulled(
    name: str, part: str, image: str, was: str, host: Host, child: pulumi.ResourceOptions
) -> docker.RemoteImage:
    before = pulumi.create_urn(name, f"taskmanager:docker:{was}")
    alias = pulumi.ResourceOptions(aliases=[pulumi.Alias(parent=before)])
    return docker.RemoteImage(
        f"{name}-{part}-image",
        name=image,
        keep_locally=True,
        triggers=host.machine_labels or None,
        opts=child.merge(alias),
    )


def _check(
    name: str,
    args: ImagesArgs,
    api: Image,
    causes: Sequence[pulumi.Input[str]],
    child: pulumi.ResourceOptions,
) -> MigrationCheck:
    return MigrationCheck(
        f"{name}-migration-check",
        MigrationCheckArgs(
            name=name,
            endpoint=args.host.endpoint,
            image=api.reference,
            before=pulumi.Output.all(*causes).apply(_fingerprint),
        ),
        child,
    )


def _settings(
    name: str, args: ImagesArgs, image: Image, child: pulumi.ResourceOptions
) -> SettingsCheck:
    return SettingsCheck(
        f"{name}-settings-check",
        SettingsCheckArgs(
            name=name,
            endpoint=args.host.endpoint,
            image=image.reference,
            values={**args.app.variables, **args.app.fingerprints(args.secret_key)},
            environment={"ENVIRONMENT": pulumi.get_stack(), **args.app.in_container},
            files=args.app.files,
        ),
        child,
    )


def _fingerprint(values: list[str]) -> str:
    """One text for all of them, which tells nothing of a secret among them."""
    return hashlib.sha256("\n".join(values).encode()).hexdigest()
