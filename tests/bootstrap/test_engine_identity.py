"""Another Docker Engine under the state of a deployment: neither is lost, none is mistaken."""

import http.server
import json
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bootstrap import engine_identity
from bootstrap.engine_identity import Identity
from bootstrap.errors import SetupError

FIRST = Identity("AAAA:BBBB:CCCC:DDDD", "laptop", "unix:///var/run/docker.sock")
SECOND = Identity("EEEE:FFFF:GGGG:HHHH", "colima", "unix:///home/ada/.colima/docker.sock")


@pytest.fixture
def local(tmp_path: Path) -> Path:
    """The folder of a clone whose state is about FIRST, and empty."""
    assert engine_identity.confirm(tmp_path, FIRST) == FIRST.id
    return tmp_path


def deploy(local: Path, name: str) -> None:
    """Let the state have a resource, as `pulumi up` does."""
    file = local / "state/.pulumi/stacks/taskmanager/local.json"
    file.parent.mkdir(parents=True)
    resources = [{"type": "docker:index/network:Network", "id": name}]
    file.write_text(json.dumps({"checkpoint": {"latest": {"resources": resources}}}))


def test_before_a_deployment_any_engine_will_do(local: Path) -> None:
    assert engine_identity.confirm(local, SECOND) == SECOND.id
    deploy(local, "there")
    assert engine_identity.confirm(local, SECOND) == SECOND.id


def test_another_engine_under_a_deployment_is_refused_with_both_named(local: Path) -> None:
    deploy(local, "here")
    with pytest.raises(SetupError) as told:
        engine_identity.confirm(local, SECOND)
    said = str(told.value)
    for engine in (FIRST, SECOND):
        assert engine.name in said
        assert engine.endpoint in said
    assert f"export DOCKER_HOST={FIRST.endpoint}" in said
    assert "make setup ENGINE=this" in said
    assert engine_identity.confirm(local, FIRST) == FIRST.id, "the record is as it was"


def test_the_same_address_with_another_engine_behind_it_is_refused_too(local: Path) -> None:
    deploy(local, "here")
    with pytest.raises(SetupError, match="start that engine again"):
        engine_identity.confirm(local, Identity(SECOND.id, "desktop", FIRST.endpoint))


def test_the_same_engine_at_another_address_is_the_same(local: Path) -> None:
    deploy(local, "here")
    moved = Identity(FIRST.id, FIRST.name, "ssh://laptop")
    assert engine_identity.confirm(local, moved) == FIRST.id


def test_each_engine_has_its_state_and_both_come_back(local: Path) -> None:
    deploy(local, "here")
    assert engine_identity.confirm(local, SECOND, choice="this") == SECOND.id
    assert not (local / "state/.pulumi").exists(), "the first deployment there is of a new state"
    deploy(local, "there")
    engine_identity.confirm(local, FIRST, choice="this")
    assert '"here"' in (local / "state/.pulumi/stacks/taskmanager/local.json").read_text()
    engine_identity.confirm(local, SECOND, choice="this")
    assert '"there"' in (local / "state/.pulumi/stacks/taskmanager/local.json").read_text()


def test_a_state_that_is_being_changed_is_not_put_aside(local: Path) -> None:
    deploy(local, "here")
    lock = local / "state/.pulumi/locks/organization/taskmanager/local/0c5e.json"
    lock.parent.mkdir(parents=True)
    lock.write_text("{}")
    with pytest.raises(SetupError, match="under way"):
        engine_identity.confirm(local, SECOND, choice="this")
    assert (local / "state/.pulumi").exists()


def test_an_unknown_choice_is_refused(local: Path) -> None:
    with pytest.raises(SetupError, match=r"ENGINE=that is not known\. Accepted: ENGINE=this"):
        engine_identity.confirm(local, FIRST, choice="that")


def test_an_engine_without_an_id_is_never_refused(local: Path) -> None:
    deploy(local, "here")
    assert engine_identity.confirm(local, None) == ""


class _Info(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"ID": FIRST.id, "Name": FIRST.name}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test's output is its own."""

    def address_string(self) -> str:
        return "a socket"


@pytest.fixture
def socket_path(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "docker.sock"
    with socketserver.UnixStreamServer(str(path), _Info) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield path
        server.shutdown()


def test_an_engine_is_asked_for_its_id(socket_path: Path) -> None:
    endpoint = f"unix://{socket_path}"
    assert engine_identity.ask(endpoint) == Identity(FIRST.id, FIRST.name, endpoint)
