"""The service's image, built as the deployment builds it."""

from collections.abc import Iterator
from contextlib import contextmanager

import docker
from docker.models.images import Image

from benchmarks.service.server import SERVICE
from bootstrap.images import python_version


@contextmanager
def built(tag: str) -> Iterator[Image]:
    """By the classic builder, the one that the deployment is sure to find; gone in the end."""
    client = docker.from_env()
    built_image, _ = client.images.build(
        path=str(SERVICE),
        tag=tag,
        buildargs={"PYTHON_VERSION": python_version()},
        rm=True,
        forcerm=True,
    )
    try:
        yield built_image
    finally:
        client.images.remove(tag)
        client.close()


def megabytes(image: Image) -> float:
    """Unpacked, with the base image."""
    return image.attrs["Size"] / 1e6
