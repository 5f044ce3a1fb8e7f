"""A Docker Engine in memory that has a history of releases, and the images of some."""

import base64
import io
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from docker.errors import APIError, ImageNotFound
from pulumi.dynamic import ResourceProvider

from infra.steps import containers, release_history

Props = dict[str, Any]


class HistoryHost:
    """An engine with images and one volume; what is written is there to be read."""

    def __init__(self) -> None:
        self.containers = self.volumes = self.images = self
        self.tags: dict[str, str] = {}
        self.removed: list[str] = []
        self.files: dict[str, str] = {}
        self.holders = 0
        self.in_use = ""
        self.cleared: list[str] = []

    @contextmanager
    def connect(self, _address: str) -> Iterator[Any]:
        yield self

    def create(self, *_: Any, **settings: Any) -> Any:
        self.holders += "volumes" in settings
        return self

    def get(self, name: str) -> Any:
        if name.endswith("-ledger"):
            raise daemon_not_found(name)
        host, image_id = self, self.tags.get(name, name)
        if image_id in self.removed:
            raise ImageNotFound(name)

        class Image:
            tags = [tag for tag, of in host.tags.items() if of == image_id]

            def tag(self, repository: str, tag: str) -> None:
                host.tags[f"{repository}:{tag}"] = image_id

        return Image()

    def remove(self, name: str = "", *, force: bool = False) -> None:
        if force:
            self.holders -= 1
            return
        image_id = self.tags.get(name, name)
        if image_id == self.in_use:
            raise APIError("409: a container runs it")
        if name.startswith("sha256:"):
            # By id Docker Engine takes the only tag along, whoever gave it.
            self.tags = {tag: of for tag, of in self.tags.items() if of != name}
        elif self.tags.pop(name, None) is None and "@" not in name:
            raise ImageNotFound(name)
        if image_id not in self.tags.values():
            self.removed.append(image_id)

    def put_archive(self, path: str, data: bytes) -> None:
        self.files[str(len(self.files))] = base64.b64encode(data).decode()

    def get_archive(self, _path: str) -> tuple[list[bytes], None]:
        return [joined([base64.b64decode(each) for each in self.files.values()])], None


def daemon_not_found(name: str) -> Exception:
    return release_history.NotFound(name)


def joined(archives: list[bytes]) -> bytes:
    files: dict[str, str] = {}
    for data in archives:
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            files |= {m.name: archive.extractfile(m).read().decode() for m in archive}  # type: ignore[union-attr]
    return containers.archive({"/releases/half.json": "{", **files})


def named(number: int) -> str:
    return f"sha256:{str(number).ljust(64, '0')}"


def release(history: tuple[ResourceProvider, Props], number: int, **more: Any) -> list[Props]:
    provider, props = history
    digest = named(number)
    given = {**props, "release": digest, "image": digest, "keep": 2, **more}
    return provider.update("id", props, given).outs["releases"]  # type: ignore[index]
