"""`taskmanager run`: a command in a container of its own, like those that serve."""

import os
import signal
import subprocess
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest
from docker.errors import NotFound

from cli import one_off
from cli.stack import Stack
from infra.errors import UserError
from infra.names import ONE_OFF

SERVING = "taskmanager-api-1-0a1b2c3"
POPEN = subprocess.Popen
SIGNALS = signal.Signals


class Container:
    """One that serves, or the one of the command."""

    def __init__(self, name: str, settings: dict[str, Any]) -> None:
        self.name, self.settings = name, settings
        self.archives: dict[str, bytes] = {}
        self.inside: Any = None
        self.attrs = {
            "Image": "sha256:serving",
            "Config": {"Env": ["RELEASE=sha256:serving", "X_FILE=/run/secrets/X"], "Labels": {}},
            "HostConfig": {
                "Binds": ["taskmanager-uploads:/uploads:rw"],
                "LogConfig": {"Type": "json-file", "Config": {}},
                "Memory": 512 << 20,
                "MemorySwap": 512 << 20,
            },
            "NetworkSettings": {"Networks": {"taskmanager": {}, "0-taskmanager-buckets": {}}},
        }

    def get_archive(self, path: str) -> tuple[list[bytes], dict[str, Any]]:
        return [f"the tar of {path}".encode()], {}

    def kill(self, signal: str) -> None:
        assert self.inside
        os.killpg(self.inside.pid, getattr(SIGNALS, signal))

    def put_archive(self, path: str, data: bytes) -> None:
        self.archives[path] = data


class Client:
    """A Docker Engine with one api container that serves."""

    def __init__(self) -> None:
        self.present = {SERVING: Container(SERVING, {})}
        self.made: list[Container] = []
        self.connected: list[str] = []
        self.containers = SimpleNamespace(create=self.create, get=self.get)
        self.networks = SimpleNamespace(
            get=lambda name: SimpleNamespace(connect=lambda _: self.connected.append(name))
        )

    def create(self, image: str, command: list[str], **settings: Any) -> Container:
        made = Container(settings["name"], {"image": image, "command": command, **settings})
        self.present[made.name] = made
        self.made.append(made)
        made.remove = lambda force: self.present.pop(made.name)  # type: ignore[attr-defined]
        return made

    def get(self, name: str) -> Container:
        if name not in self.present:
            raise NotFound(name)
        return self.present[name]


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.fixture
def deployed(client: Client) -> Any:
    return SimpleNamespace(
        client=client,
        prefix="taskmanager",
        stack=Stack("local"),
        outputs={"containers": [SERVING]},
        containers=lambda _part: list(client.present.values()),
        environment=lambda: dict(os.environ),
    )


def inside(client: Client, monkeypatch: pytest.MonkeyPatch, script: str) -> list[Any]:
    """Let a shell on this machine stand for docker and the container; the words for docker."""
    called: list[Any] = []

    def start(words: list[str], **options: Any) -> Any:
        called.append(words)
        client.made[0].inside = POPEN(["sh", "-c", script], **options)
        return client.made[0].inside

    monkeypatch.setattr(subprocess, "Popen", start)
    return called


def test_a_command_gets_the_image_environment_secrets_and_networks_of_the_serving_release(
    deployed: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    called = inside(client, monkeypatch, "exit 3")
    assert one_off.run(deployed, ["sh", "-c", "exit 3"]) == 3
    [made] = client.made
    assert made.settings["image"] == "sha256:serving"
    assert made.settings["command"] == ["sh", "-c", "exit 3"]
    assert made.settings["environment"] == client.present[SERVING].attrs["Config"]["Env"]
    assert made.archives == {"/run": b"the tar of /run/secrets"}
    assert [made.settings["network"], *client.connected] == ["0-taskmanager-buckets", "taskmanager"]
    assert made.settings["healthcheck"] == {"test": ["NONE"]}, "no port answers"
    assert ONE_OFF in made.settings["labels"]
    assert called[0][:3] == ["docker", "start", "--attach"]
    assert list(client.present) == [SERVING], "the container is removed"


def test_the_first_ctrl_c_is_for_the_command_and_the_container_is_removed(
    deployed: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside(client, monkeypatch, "trap 'exit 41' INT; for _ in $(seq 600); do sleep 0.05; done")
    interrupter = threading.Thread(target=_interrupt, args=(client, 1))
    interrupter.start()
    assert one_off.run(deployed, ["sleep", "99"]) == 41
    interrupter.join()
    assert list(client.present) == [SERVING]


def test_the_second_ctrl_c_ends_a_command_that_ignores_the_first(
    deployed: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside(client, monkeypatch, "trap '' INT; sleep 60")
    interrupter = threading.Thread(target=_interrupt, args=(client, 2))
    interrupter.start()
    assert one_off.run(deployed, ["sleep", "99"]) == 130
    interrupter.join()
    assert list(client.present) == [SERVING]


def _interrupt(client: Client, times: int) -> None:
    """Send SIGINT to this process as Ctrl-C does, once the command runs and has set its trap."""
    while signal.getsignal(signal.SIGINT) is signal.default_int_handler or not client.made:
        time.sleep(0.02)
    for _ in range(times):
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)


def test_without_a_release_that_serves_the_message_says_how_to_get_one(
    deployed: Any, client: Client
) -> None:
    deployed.outputs = {}
    with pytest.raises(UserError, match=r"no release that serves\. Fix: make up"):
        one_off.run(deployed, ["true"])
    assert not client.made


def test_the_commands_that_run_still_are_ended_before_the_network_goes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    removed: list[str] = []
    left = SimpleNamespace(name="taskmanager-run-1", remove=lambda force: removed.append("it"))
    asked: list[Any] = []

    def listed(**options: Any) -> list[Any]:
        asked.append(options["filters"])
        return [left]

    client: Any = SimpleNamespace(containers=SimpleNamespace(list=listed))
    one_off.remove_left(client, "taskmanager")
    assert removed == ["it"]
    assert asked == [{"label": ONE_OFF, "network": "taskmanager"}]
    assert "Ended taskmanager-run-1" in capsys.readouterr().out
