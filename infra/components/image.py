"""The service's image, named by what it contains."""

from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_docker as docker

SERVICE = Path(__file__).resolve().parents[2] / "service"


@dataclass(frozen=True, kw_only=True)
class ImageArgs:
    """`prebuilt` (`name@sha256:…`) is used as it is; empty builds `service/`.

    `repository` is the image's name without a tag, `tag` the moving tag that a build leaves, and
    `builder` one of BuilderV1 and BuilderBuildKit.
    """

    prebuilt: str
    repository: str
    tag: str
    python_version: str
    platform: str
    builder: docker.BuilderVersion


class Image(pulumi.ComponentResource):
    """An image ready to run on the host.

    `reference` names exactly one image: a digest, never a tag, which would make previews lie and
    rollbacks inexact. `digest` is that reference without the repository: the release's name.
    """

    reference: pulumi.Output[str]
    digest: pulumi.Output[str]

    def __init__(
        self, name: str, args: ImageArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:docker:Image", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        build = _pulled if args.prebuilt else _built
        self.reference = build(name, args, child)
        self.digest = self.reference.apply(lambda reference: reference.rpartition("@")[2])
        self.register_outputs({"reference": self.reference})


def _pulled(name: str, args: ImageArgs, child: pulumi.ResourceOptions) -> pulumi.Output[str]:
    # Pulled before the swap, so that the swap never waits for a download, and kept afterwards, so
    # that going back needs none.
    pulled = docker.RemoteImage(
        f"{name}-image-pull", name=args.prebuilt, keep_locally=True, opts=child
    )
    return pulled.name


def _built(name: str, args: ImageArgs, child: pulumi.ResourceOptions) -> pulumi.Output[str]:
    return docker.Image(
        f"{name}-image",
        image_name=f"{args.repository}:{args.tag}",
        build=docker.DockerBuildArgs(
            context=str(SERVICE),
            dockerfile=str(SERVICE / "Dockerfile"),
            args={"PYTHON_VERSION": args.python_version},
            platform=args.platform,
            builder_version=args.builder,
        ),
        # The host is the engine that builds: its store has the image already.
        skip_push=True,
        opts=child,
    ).repo_digest
