"""A deployment on a Docker Engine in memory that no state knows, and its preview."""

import io
import tarfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from docker.errors import ImageNotFound, NotFound

from cli.adoption.state import UNKNOWN
from cli.resource_types import CONTAINER, NETWORK, VOLUME
from tests.cli.inventory import Engine

LISTING = "Service Host Path Target State TLS\ntaskmanager * / {} running no"
IMAGE = "sha256:the-image"
SERVING = "taskmanager-api-1-1a2b3c4"
FAILED = "taskmanager-api-1-5d6e7f8"
PASSWORD = "password-of-the-first-clone"
ROOT_URN = "urn:pulumi:local::taskmanager::pulumi:pulumi:Stack::taskmanager-local"
PROVIDER_URN = "urn:pulumi:local::taskmanager::pulumi:providers:docker::local"
EDGE, RELEASE = "taskmanager:docker:Edge", "taskmanager:docker:Release"


class Box:
    """A container with files."""

    def __init__(self, name: str, **files: str) -> None:
        self.name, self.id = name, f"id-of-{name}"
        self.files = {path.replace("__", "/"): text for path, text in files.items()}
        self.answer: tuple[int, bytes] = (0, b"")
        self.attrs: dict[str, Any] = {
            "Image": IMAGE,
            "Config": {
                "Image": IMAGE,
                "Env": ["PATH=/bin", "RELEASE=sha256:old"],
                "Labels": {"of": "the image", "org.taskmanager.folder": "/the/first"},
                "Cmd": ["serve"],
                "Entrypoint": None,
            },
            "HostConfig": {"PortBindings": {"80/tcp": [{"HostIp": "::1", "HostPort": "8123"}]}},
        }

    @property
    def labels(self) -> dict[str, str]:
        return self.attrs["Config"]["Labels"]

    def get_archive(self, path: str) -> tuple[list[bytes], None]:
        if path not in self.files:
            raise NotFound(path)
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            data = self.files[path].encode()
            member = tarfile.TarInfo(Path(path).name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
        return [buffer.getvalue()], None

    def exec_run(self, _command: list[str]) -> Any:
        return SimpleNamespace(exit_code=self.answer[0], output=self.answer[1])


class Host(Engine):
    """An engine with a deployment that no state knows."""

    def __init__(self) -> None:
        super().__init__()
        proxy = Box("taskmanager-proxy")
        proxy.answer = (0, LISTING.format(f"{SERVING}:8000").encode())
        secrets = {"__run__secrets__database_password": PASSWORD}
        postgres = Box("taskmanager-postgres", **secrets)
        api = Box(SERVING, __run__secrets__secret_key="the-key")
        backup = Box("taskmanager-backup", __run__secrets__backup_secret="of-the-backups")
        everything = [proxy, postgres, api, Box(FAILED), backup]
        self.boxes = {box.name: box for box in everything}
        self.containers = SimpleNamespace(
            list=lambda **_: list(self.boxes.values()), get=self.boxes.__getitem__
        )
        self.images = SimpleNamespace(get=self._inspected)

    def _inspected(self, name: str) -> Any:
        if name != IMAGE:
            raise ImageNotFound(name)
        config = {"Env": ["PATH=/bin"], "Labels": {"of": "the image"}}
        return SimpleNamespace(attrs={"Config": config})


def planned(kind: str, name: str, parent: str, **more: Any) -> dict[str, Any]:
    """A resource as a preview of the empty stack shows it."""
    urn = f"urn:pulumi:local::taskmanager::{parent.rpartition('::')[2]}${kind}::{name}"
    provider = f"{PROVIDER_URN}::{UNKNOWN}"
    known = {"urn": urn, "custom": True, "type": kind, "parent": parent, "provider": provider}
    return {"op": "create", "newState": {**known, "sourcePosition": "a/file", **more}}


def component(kind: str) -> dict[str, Any]:
    urn = f"urn:pulumi:local::taskmanager::{kind}::taskmanager"
    return {"newState": {"urn": urn, "custom": False, "type": kind, "parent": ROOT_URN}}


def preview() -> list[dict[str, Any]]:
    root = {"urn": ROOT_URN, "custom": False, "type": "pulumi:pulumi:Stack"}
    provider = {"urn": PROVIDER_URN, "custom": True, "type": "pulumi:providers:docker"}
    provider |= {"parent": ROOT_URN, "inputs": {"host": "unix:///d.sock", "__internal": {}}}
    edge, release = (component(kind) for kind in (EDGE, RELEASE))
    network = planned(NETWORK, "taskmanager-network", edge["newState"]["urn"], inputs={"name": "t"})
    volume = planned(VOLUME, "taskmanager-proxy-state", edge["newState"]["urn"], inputs={})
    absent = planned(VOLUME, "taskmanager-uploads", release["newState"]["urn"], inputs={})
    job = planned("pulumi-python:dynamic/taskmanager:Switch", "s", release["newState"]["urn"])
    inputs = {
        "image": UNKNOWN, "envs": ["ENVIRONMENT=local", UNKNOWN], "labels": [], "name": "another",
        "command": ["another"], "uploads": "[secret]", "memory": 512, "__defaults": ["memory"],
    }  # fmt: skip
    needs = [network["newState"]["urn"], job["newState"]["urn"]]
    api = planned(
        CONTAINER, "taskmanager-api-1", release["newState"]["urn"], inputs=inputs,
        dependencies=needs, propertyDependencies={"image": [needs[1]], "name": None},
    )  # fmt: skip
    unused = component("taskmanager:docker:Images")
    frame = [{"newState": root}, {"newState": provider}, edge, release, unused]
    return [*frame, network, volume, absent, job, api]
