"""The images of earlier releases that stay on the host, to go back to."""

from contextlib import suppress
from typing import Any

from docker.errors import APIError, ImageNotFound

Entry = dict[str, Any]
"""One release of the history, as release_history.py writes it."""


def keep(client: Any, entries: list[Entry], *, name: str, repository: str, count: int) -> set[str]:
    """Tag the images of the newest `count` releases, which keeps them, and give up the others.

    `name` is the deployment's, `repository` the name of its tags. The result is the releases whose
    images are there.
    """
    releases = list(dict.fromkeys(entry["release"] for entry in entries))
    newest = {entry["release"]: entry for entry in reversed(entries)}
    kept: set[str] = set()
    for release, entry in newest.items():
        tag = f"{name}-{short(entry)}"
        with suppress(ImageNotFound, APIError):
            if release in releases[:count]:
                client.images.get(entry["image"]).tag(repository, tag)
                kept.add(release)
            else:
                _give_up(client, f"{repository}:{tag}", entry["image"])
    return kept


def _give_up(client: Any, tag: str, reference: str) -> None:
    """Remove our own `tag` of an image, and how it was pulled once no tag is left.

    Never by id: Docker Engine would remove it with the only tag of another stack.
    """
    image = client.images.get(tag)
    client.images.remove(tag)
    if "@" in reference and not set(image.tags) - {tag}:
        client.images.remove(reference)


def short(entry: Entry) -> str:
    """The first digits of the release's digest."""
    return str(entry["release"]).removeprefix("sha256:")[:12]
