"""Write down every release that got through, on the host, and keep the images to go back to.

This is the last step, so a release that failed is in no history. Each release is a file of its own
in a volume that outlives the stack: no file is written twice.
"""

import io
import json
import os
import tarfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import pulumi
from docker import DockerClient
from docker.errors import APIError, NotFound

from infra import git, project
from infra.steps import containers, kept_images, step_containers
from infra.steps.kept_images import Entry
from infra.steps.step import Property, Step, StepArgs, StepProvider, Text, Texts

FOLDER = "/releases"
SHOWN = 50


@dataclass(frozen=True, kw_only=True)
class ReleaseHistoryArgs(StepArgs):
    """The arguments of ReleaseHistory.

    name: the name of the deployment.
    endpoint: the address of the host's Docker Engine.
    machine_labels: the labels that name the machine; others are another machine.
    volume: the volume that holds the history.
    image: the release's image.
    release: the release's digest.
    schema: the newest revision that the image knows, None if it says none.
    built: whether the image was built from this working copy.
    repository: the name of the tags that keep images on the host.
    keep: the number of releases whose images are kept.
    """

    # Named `mark` in the states of existing stacks.
    renamed = {"machine_labels": "mark"}

    name: str
    endpoint: Text = Text()
    machine_labels: Texts = Texts()
    volume: str
    image: Text = Text()
    release: Text = Text()
    schema: Property[pulumi.Input[str | None], str | None] = Property()
    built: bool
    repository: str
    keep: int


class ReleaseHistoryProvider(StepProvider[ReleaseHistoryArgs]):
    """Adds a line for another release, and for the first one on another machine."""

    arguments = ReleaseHistoryArgs
    triggers = ("release", "endpoint", "machine_labels")

    def run(
        self, args: ReleaseHistoryArgs, previous: ReleaseHistoryArgs | None
    ) -> Mapping[str, Any]:
        """Add the release; `releases` are the newest entries, the newest first."""
        with containers.connect(args.endpoint) as client:
            with suppress(APIError):
                cast(Any, client.volumes).create(args.volume)
            with _holder(client, args) as holder:
                entries = _read(holder)
                entry = _entry(args, entries)
                path = f"{FOLDER}/{entry['number']:08d}-{kept_images.short(entry)}.json"
                holder.put_archive("/", containers.archive({path: json.dumps(entry)}))
            entries.insert(0, entry)
            kept = kept_images.keep(
                client, entries, name=args.name, repository=args.repository, count=args.keep
            )
        if args.built:
            step_containers.remove(args.repository)
        return {
            "releases": [{**entry, "kept": entry["release"] in kept} for entry in entries[:SHOWN]]
        }

    def identity(self, args: ReleaseHistoryArgs, outputs: Mapping[str, Any]) -> str:
        """The volume's name."""
        return args.volume


@contextmanager
def _holder(client: DockerClient, args: ReleaseHistoryArgs) -> Generator[Any]:
    """A container that never starts: Docker reads and writes a volume through one only."""
    name = f"{args.name}-ledger"
    # A deployment that was killed here leaves it behind.
    with suppress(NotFound):
        client.containers.get(name).remove(force=True)
    volumes = {args.volume: {"bind": FOLDER}}
    holder: Any = client.containers.create(args.image, ["true"], name=name, volumes=volumes)
    try:
        yield holder
    finally:
        holder.remove(force=True)


def _read(holder: Any) -> list[Entry]:
    """The entries of the history, the newest first."""
    stream, _ = holder.get_archive(FOLDER)
    entries: list[Entry] = []
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as archive:
        for member in archive:
            content = archive.extractfile(member)
            # A host that lost power leaves half a file.
            with suppress(ValueError):
                entries += [json.loads(content.read())] if content else []
    # Numbered by the history itself: the clocks of those who deploy differ. Entries from before the
    # numbers, 2026-11-26, are older than all with one, and their time is all that orders them.
    return sorted(entries, key=lambda entry: (entry.get("number", 0), entry["at"]), reverse=True)


def _entry(args: ReleaseHistoryArgs, entries: list[Entry]) -> Entry:
    before = next((entry for entry in entries if entry["release"] == args.release), None)
    source = {key: before[key] for key in ("commit", "dirty")} if before else _source(args)
    return {
        "number": max((entry.get("number", 0) for entry in entries), default=0) + 1,
        "release": args.release,
        "image": args.image,
        "schema": args.schema,
        **source,
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "who": os.environ.get("GITHUB_ACTOR") or project.deployer(),
    }


def _source(args: ReleaseHistoryArgs) -> Entry:
    """The commit that was built; None for an image that was not built here."""
    root = project.root()
    commit = git.output(root, "rev-parse", "HEAD") if args.built else None
    dirty = commit and git.output(root, "status", "--porcelain", "service")
    return {"commit": commit, "dirty": bool(dirty)}


class ReleaseHistory(Step, module="taskmanager", name="Ledger"):
    """The history of the releases that got through, one more line for each."""

    release: pulumi.Output[str]

    def __init__(
        self, name: str, args: ReleaseHistoryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, ReleaseHistoryProvider(), args.inputs(), opts)
