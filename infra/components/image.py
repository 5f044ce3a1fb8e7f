"""An image of our own, named by its digest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pulumi
import pulumi_docker as docker

from infra import build_proxies, origin, revisions
from infra.host import Builder, Host

POSTGRES = Path(__file__).resolve().parents[1] / "images" / "postgres"


@dataclass(frozen=True, kw_only=True)
class ImageArgs:
    """The content of `context`, built for the `host`, or an image that was built before.

    `repository` is the image's name without a tag, `tag` the moving tag that a build leaves,
    `arguments` those of the build, `revision_label` whether it takes the argument REVISION.
    """

    host: Host
    context: Path
    prebuilt: str
    repository: str
    tag: str
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
    revision_label: bool = False


class Image(pulumi.ComponentResource):
    """An image ready to run on the host.

    `reference` names exactly one image: a digest, never a tag, which would make previews lie and
    rollbacks inexact. `digest` is that reference without the repository: the release's name.
    `revisions` are those of the schema that it was `built` with, empty when it was not built here.
    """

    reference: pulumi.Output[str]
    digest: pulumi.Output[str]
    repository: str
    built: bool
    revisions: list[str]

    def __init__(
        self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:docker:Image", name, None, opts)
        child = args.host.child_of(self)
        builder = args.host.builder
        self.repository = args.repository
        self.built = not args.prebuilt and builder is not None
        self.revisions = _revisions(args.context) if self.built else []
        if args.prebuilt or builder is None:
            self.reference = _prebuilt(name, args.prebuilt, args.host, child)
        else:
            self.reference = _built(name, args, builder, child)
        self.digest = self.reference.apply(lambda reference: reference.rpartition("@")[2])
        self.register_outputs({"reference": self.reference})


def _revisions(context: Path) -> list[str]:
    """The schema's revisions that a build takes in, oldest first."""
    return [revision.file.stem for revision in revisions.in_order(context)]


def _prebuilt(
    name: str, reference: str, host: Host, child: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    # An image's id names an image in Docker Engine's own store: there is nothing to pull.
    if "@" not in reference:
        return pulumi.Output.from_input(reference)
    return _pulled(name, reference, host, child)


def _pulled(
    name: str, reference: pulumi.Input[str], host: Host, child: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    # Pulled before the swap, so that the swap never waits for a download, and kept afterwards, so
    # that going back needs none.
    pulled = docker.RemoteImage(
        f"{name}-image-pull",
        name=reference,
        keep_locally=True,
        triggers=host.machine_labels or None,
        opts=child,
    )
    return pulled.name


def _labels(args: ImageArgs, builder: Builder) -> Mapping[str, str]:
    """The arguments of the build that become labels."""
    # Without a registry, the image and its source are on the same machine.
    commit = origin.revision(args.context) if args.revision_label and builder.registry else ""
    return {**builder.arguments, **({"REVISION": commit} if commit else {})}


def _built(
    name: str, args: ImageArgs, builder: Builder, child: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    image = docker.Image(
        f"{name}-image",
        image_name=f"{args.repository}:{args.tag}",
        build=docker.DockerBuildArgs(
            context=str(args.context),
            dockerfile=str(args.context / "Dockerfile"),
            args={**build_proxies.arguments(), **args.arguments, **_labels(args, builder)},
            network=build_proxies.network(),
            platform=args.host.platform,
            builder_version=builder.version,
        ),
        registry=builder.registry,
        skip_push=builder.registry is None,
        opts=pulumi.ResourceOptions(parent=child.parent, provider=builder.provider),
    )
    if builder.registry is None:
        return image.repo_digest
    return _pulled(name, image.repo_digest, args.host, child)
