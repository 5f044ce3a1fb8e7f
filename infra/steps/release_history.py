"""Write down every release that got through, on the host, and keep the images to go back to.

The last step: what failed before it is in no ledger. Each release is a file of its own in a volume
that outlives the stack, so that nothing that is there is ever written again.
"""

import getpass
import io
import json
import os
import socket
import subprocess
import tarfile
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pulumi
from docker import DockerClient
from docker.errors import APIError, ImageNotFound, NotFound
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from infra import project
from infra.steps import containers

TRIGGERS = ("release", "endpoint", "mark")
FOLDER = "/releases"
SHOWN = 50


class _LedgerProvider(ResourceProvider):
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=any(_olds.get(key) != _news.get(key) for key in TRIGGERS))

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(id_=props["volume"], outs={**props, "releases": _record(props)})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(outs={**_news, "releases": _record(_news)})


def _record(props: dict[str, Any]) -> list[dict[str, Any]]:
    """Add the release to the ledger; the result is its newest entries, the newest first."""
    with containers.connect(props["endpoint"]) as client:
        with suppress(APIError):
            client.volumes.create(props["volume"])
        holder = _holder(client, props)
        try:
            entries = _read(holder)
            entry = _entry(props, entries)
            name = f"{entry['at'].replace(':', '')}-{_short(entry)}.json"
            holder.put_archive("/", containers.archive({f"{FOLDER}/{name}": json.dumps(entry)}))
        finally:
            holder.remove(force=True)
        entries.insert(0, entry)
        kept = _keep(client, props, entries)
    return [{**each, "kept": each["release"] in kept} for each in entries[:SHOWN]]


def _holder(client: DockerClient, props: dict[str, Any]) -> Any:
    """A container that is never started: it only lends its mount."""
    name = f"{props['name']}-ledger"
    # An engine that was killed here leaves it behind.
    with suppress(NotFound):
        client.containers.get(name).remove(force=True)
    volumes = {props["volume"]: {"bind": FOLDER}}
    return client.containers.create(props["image"], ["true"], name=name, volumes=volumes)


def _read(holder: Any) -> list[dict[str, Any]]:
    """What is in the ledger, the newest first."""
    stream, _ = holder.get_archive(FOLDER)
    entries: list[dict[str, Any]] = []
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as archive:
        for member in archive:
            content = archive.extractfile(member)
            # Half a file is what a host that lost power leaves.
            with suppress(ValueError):
                entries += [json.loads(content.read())] if content else []
    return sorted(entries, key=lambda entry: entry["at"], reverse=True)


def _entry(props: dict[str, Any], entries: list[dict[str, Any]]) -> dict[str, Any]:
    before = next((each for each in entries if each["release"] == props["release"]), None)
    source = {key: before[key] for key in ("commit", "dirty")} if before else _source(props)
    return {
        "release": props["release"],
        "image": props["image"],
        "schema": props["schema"],
        **source,
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "who": os.environ.get("GITHUB_ACTOR") or f"{getpass.getuser()}@{socket.gethostname()}",
    }


def _source(props: dict[str, Any]) -> dict[str, Any]:
    """The commit that was built; an image that came from elsewhere has none that we know."""
    commit = _git("rev-parse", "HEAD") if props["built"] else None
    return {"commit": commit, "dirty": bool(commit and _git("status", "--porcelain", "service"))}


def _git(*words: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - a list of our own making
            ["git", *words],  # noqa: S607 - whichever git the person uses
            cwd=project.root(),
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _keep(client: DockerClient, props: dict[str, Any], entries: list[dict[str, Any]]) -> set[str]:
    """Give the newest images a tag that keeps them on the host, and let go of the others."""
    releases = list(dict.fromkeys(each["release"] for each in entries))
    kept = set(releases[: int(props["keep"])])
    images = {each["release"]: each for each in reversed(entries)}
    for release, each in images.items():
        tag = f"{props['name']}-{_short(each)}"
        # What a container still runs stays, whatever is asked.
        with suppress(ImageNotFound, APIError):
            if release in kept:
                client.images.get(each["image"]).tag(props["repository"], tag)
            else:
                client.images.remove(f"{props['repository']}:{tag}")
                client.images.remove(each["image"])
    return kept


def _short(entry: dict[str, Any]) -> str:
    return str(entry["release"]).removeprefix("sha256:")[:12]


class Ledger(Resource, module="taskmanager", name="Ledger"):
    """One more line for every release that serves.

    Inputs: name (of the deployment), endpoint, mark (another one is another machine), volume,
    image (reference), release (digest), schema (the newest revision the image knows), built
    (whether from this working copy), repository (of the tags that keep images), keep (how many).
    """

    release: pulumi.Output[str]

    def __init__(
        self, name: str, props: pulumi.Inputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(_LedgerProvider(), name, {**props}, opts)
