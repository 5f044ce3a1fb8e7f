"""The checks of this machine's Docker Engine before anything is built, and their messages."""

import socket
from collections.abc import Iterator, Mapping

import pulumi
import pytest
from docker.errors import APIError, DockerException

from testkit.recorded.docker_engine import FakeEngine
from testkit.recorded.program import run


def refusal(
    engine: FakeEngine,
    *,
    config: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """The one line the program ends with, before it has registered anything."""
    with pytest.raises(pulumi.RunError) as caught:
        run(engine=engine, config=config, environment=environment)
    assert caught.value.graph.nodes == []  # type: ignore[attr-defined]
    text = str(caught.value)
    assert "\n" not in text, "one clear message"
    assert "Fix: " in text, "a person is told what to do"
    return text


@pytest.fixture
def taken() -> Iterator[str]:
    """A port of this machine on which something else listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield str(listener.getsockname()[1])


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DockerException("… FileNotFoundError(2, 'No such file or directory')"), "no such file"),
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (
            DockerException("('Connection aborted.', PermissionError(13, 'Permission denied'))"),
            "permission denied",
        ),
        (TimeoutError("timed out"), "timed out"),
    ],
)
def test_an_engine_that_does_not_answer_is_named_with_the_reason(
    error: Exception, reason: str
) -> None:
    text = refusal(
        FakeEngine(connection_error=error), environment={"DOCKER_HOST": "tcp://10.0.0.9:2375"}
    )
    assert f"does not answer at tcp://10.0.0.9:2375 ({reason})" in text


def test_a_docker_context_is_refused() -> None:
    text = refusal(FakeEngine(), environment={"DOCKER_CONTEXT": "colima"})
    assert "'colima'" in text
    assert "unset DOCKER_CONTEXT" in text, "it silently overrides the provider's own host"


def test_a_port_that_another_program_holds_is_refused(taken: str) -> None:
    text = refusal(FakeEngine(port_holder=None), config={"port": taken})
    assert f"127.0.0.1:{taken} is taken by another program" in text
    assert f"pulumi config set taskmanager:port {int(taken) + 1}" in text


def test_a_port_that_another_container_holds_is_refused_by_its_name(taken: str) -> None:
    text = refusal(FakeEngine(port_holder="blue-proxy"), config={"port": taken})
    assert "is taken by the container blue-proxy" in text


def test_the_port_that_our_own_proxy_holds_is_fine(taken: str) -> None:
    graph = run(engine=FakeEngine(port_holder="taskmanager-proxy"), config={"port": taken})
    assert graph.containers, "or no second run would ever get through"


def test_a_free_port_is_fine(taken: str) -> None:
    engine = FakeEngine(port_holder=None)
    assert run(engine=engine, config={"port": taken, "bindAddress": "127.0.0.77"}).containers


def test_an_address_of_another_machine_is_refused() -> None:
    text = refusal(FakeEngine(port_holder=None), config={"bindAddress": "192.0.2.1"})
    assert "192.0.2.1 is not an address of this machine" in text


def test_our_own_proxy_is_not_moved_to_an_address_of_another_machine() -> None:
    engine = FakeEngine(port_holder="taskmanager-proxy")
    text = refusal(engine, config={"bindAddress": "192.0.2.1"})
    assert "192.0.2.1 is not an address of this machine" in text


def test_another_engine_than_the_one_of_the_state_is_refused() -> None:
    text = refusal(FakeEngine(id="CCCC:DDDD"), environment={"TASKMANAGER_ENGINE_ID": "AAAA:BBBB"})
    assert "about the Docker Engine AAAA:BBBB" in text
    assert "is another one, CCCC:DDDD" in text
    assert "make setup ENGINE=this" in text


def test_the_engine_of_the_state_is_fine() -> None:
    environment = {"TASKMANAGER_ENGINE_ID": "AAAA:BBBB"}
    assert run(engine=FakeEngine(), environment=environment).containers


def test_a_store_that_cannot_be_written_is_refused() -> None:
    full = APIError("500 Server Error", explanation="no space left on device")
    text = refusal(FakeEngine(storage_error=full))
    assert "no space left on device" in text


def test_a_disk_without_room_is_refused_before_a_build_fills_it() -> None:
    text = refusal(FakeEngine(store="/proc"))
    assert "0 MiB are free on the disk of Docker Engine (/proc)" in text
    assert "docker system df" in text
