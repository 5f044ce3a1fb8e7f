"""The builder of images, by the provider's word for it.

Apart from `docker_engine`, which commands and steps use too: the provider's package takes a fifth
of a second to load.
"""

import pulumi_docker as docker

from infra import docker_engine


def builder(preference: str) -> docker.BuilderVersion:
    """The image builder to use; `auto` takes the one that works on Docker Engine's image store."""
    versions = docker.BuilderVersion
    classic = docker_engine.is_classic(preference)
    return versions.BUILDER_V1 if classic else versions.BUILDER_BUILD_KIT
