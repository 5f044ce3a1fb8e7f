"""A Docker Engine in memory, with the calls that infra uses."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from docker.errors import NotFound
from requests.exceptions import ReadTimeout

HEALTH_CHECK = ["python", "probe.py"]
OVERLAY = [["Backing Filesystem", "extfs"]]
CONTAINERD = [["driver-type", "io.containerd.snapshotter.v1"]]


def state(
    health: str = "healthy", status: str = "running", restarts: int = 0, exit_code: int = 0
) -> dict[str, Any]:
    """The attributes of a container."""
    return {
        "State": {"Status": status, "ExitCode": exit_code, "Health": {"Status": health}},
        "RestartCount": restarts,
        "Config": {"Healthcheck": {"Test": ["CMD", *HEALTH_CHECK]}},
    }


@dataclass
class FakeContainer:
    """A container with behaviour that a test sets beforehand.

    `exit_code` None never ends. `states` are what each look at it finds, the last one for ever.
    `answer` decides what a command in it returns: exit code and output. `probed` is the output of a
    health check that fails.
    """

    name: str
    image: str = ""
    exit_code: int | None = 0
    log: str = ""
    states: Sequence[dict[str, Any]] = ()
    answer: Callable[[list[str]], tuple[int, bytes]] = lambda _command: (0, b"")
    settings: dict[str, Any] = field(default_factory=dict)
    did: list[str] = field(default_factory=list)
    commands: list[list[str]] = field(default_factory=list)
    removed: bool = False
    probed: bytes = b""
    looks: int = 0

    @property
    def labels(self) -> dict[str, str]:
        return self.settings.get("labels", {})

    @property
    def attrs(self) -> dict[str, Any]:
        return self.states[min(self.looks, len(self.states)) - 1]

    def put_archive(self, path: str, data: bytes) -> bool:
        self.did.append(f"put {path}")
        self.settings["archive"] = data
        return True

    def start(self) -> None:
        self.did.append("start")

    def stop(self, timeout: float) -> None:
        self.did.append(f"stop {timeout}")

    def wait(self, timeout: float) -> dict[str, int]:
        self.did.append(f"wait {timeout}")
        if self.exit_code is None:
            raise ReadTimeout("still running")
        return {"StatusCode": self.exit_code}

    def logs(self, tail: int | str) -> bytes:
        assert not self.removed, "the log of a removed container is gone"
        lines = self.log.splitlines()
        return "\n".join(lines if tail == "all" else lines[-int(tail) :]).encode()

    def update(self, **settings: Any) -> None:
        self.settings.update(settings)

    def remove(self, force: bool) -> None:
        assert force, "a running container is only removed by force"
        self.removed = True

    def exec_run(self, command: list[str], stderr: bool = True) -> Any:
        if command == HEALTH_CHECK:
            healthy = self.attrs["State"]["Health"]["Status"] == "healthy"
            result = {"exit_code": 0 if healthy else 1, "output": b"" if healthy else self.probed}
            return type("ExecResult", (), result)()
        self.commands.append(command)
        exit_code, output = self.answer(command)
        return type("ExecResult", (), {"exit_code": exit_code, "output": output})()


@dataclass
class FakeEngine:
    """A client; `containers` and `volumes` are its collections."""

    architecture: str = "x86_64"
    id: str = "AAAA:BBBB"
    driver_status: list[list[str]] | None = field(default_factory=lambda: OVERLAY)
    port_holder: str | None = "taskmanager-proxy"
    next_exit_code: int | None = 0
    next_log: str = ""
    storage_error: Exception | None = None
    store: str = "/in/another/machine"
    connection_error: Exception | None = None
    known: dict[str, FakeContainer] = field(default_factory=dict)
    created: list[FakeContainer] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    emulators: frozenset[str] | None = None
    images: dict[str, list[str]] = field(default_factory=dict)

    @contextmanager
    def connect(self, address: str) -> Iterator[Any]:
        if self.connection_error:
            raise self.connection_error
        self.addresses.append(address)
        yield _Client(self)


class _Client:
    def __init__(self, engine: FakeEngine) -> None:
        self.containers = _Containers(engine)
        self.volumes = _Volumes(engine)
        self.images = _Images(engine)
        self._engine = engine

    def info(self) -> dict[str, Any]:
        return {
            "ID": self._engine.id,
            "Name": "a-machine",
            "Architecture": self._engine.architecture,
            "DriverStatus": self._engine.driver_status,
            "DockerRootDir": self._engine.store,
        }


class _Containers:
    def __init__(self, engine: FakeEngine) -> None:
        self._engine = engine

    def list(self, filters: dict[str, str]) -> list[FakeContainer]:
        assert set(filters) == {"publish"}, "the program only looks for who holds its port"
        holder = self._engine.port_holder
        return [FakeContainer(holder)] if holder else []

    def get(self, name: str) -> FakeContainer:
        if name not in self._engine.known or self._engine.known[name].removed:
            raise NotFound(f"No such container: {name}")
        found = self._engine.known[name]
        found.looks += 1
        return found

    def create(self, image: str, command: Sequence[str], **settings: Any) -> FakeContainer:
        name = settings["name"]
        assert name not in self._engine.known or self._engine.known[name].removed, (
            f"the name {name} is in use: a real engine would refuse it"
        )
        container = FakeContainer(
            name,
            image,
            exit_code=self._engine.next_exit_code,
            log=self._engine.next_log,
            settings={**settings, "command": list(command)},
        )
        self._engine.known[name] = container
        self._engine.created.append(container)
        return container


class _Images:
    def __init__(self, engine: FakeEngine) -> None:
        self._engine = engine

    def get(self, name: str) -> Any:
        if name not in self._engine.images:
            raise NotFound(f"No such image: {name}")
        return type("Image", (), {"attrs": {"RepoDigests": self._engine.images[name]}})()


class _Volumes:
    def __init__(self, engine: FakeEngine) -> None:
        self._engine = engine

    def create(self, name: str) -> Any:
        if self._engine.storage_error:
            raise self._engine.storage_error
        self._engine.written.append(name)
        return type("Volume", (), {"remove": lambda _self: None})()
