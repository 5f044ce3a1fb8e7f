"""The sandbox of a rehearsal: stand-ins for a registry, AWS, its plugin and its command line."""

import fcntl
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bootstrap import cache
from bootstrap.errors import SetupError
from bootstrap.paths import ROOT, pinned
from testkit import registry
from testkit.fake_aws import amis, endpoints, machines, session, sshd

START_SECONDS = 30
HTTPS = 443
BUCKET_PORT = 9000
"""The port at which machines reach the stand-in for S3."""


@dataclass(frozen=True)
class Sandbox:
    """Everything a rehearsal runs against.

    folder: holds its files; removed at the end.
    registry: host and port of the image registry.
    environment: variables for a command that uses the sandbox.
    public_key: the deployer's ssh key.
    """

    folder: Path
    registry: str
    environment: dict[str, str]
    public_key: str

    @contextmanager
    def unplugged(self) -> Iterator[None]:
        """Cut the machine off the network for the length of a block; it keeps running."""
        _end_connections(self.folder)
        with machines.unplugged():
            yield

    @contextmanager
    def slow_sessions(self, seconds: float) -> Iterator[None]:
        """Let every new session take its time to start, for the length of a block."""
        _end_connections(self.folder)
        self.environment[session.SLOW] = str(seconds)
        try:
            yield
        finally:
            del self.environment[session.SLOW]


@contextmanager
def sandbox(folder: Path) -> Iterator[Sandbox]:
    """Set a sandbox up in `folder`, and remove all of it at the end.

    Its machine has a fixed address: a second sandbox waits for the end of the first.
    """
    if os.geteuid() != 0:
        raise SetupError("A rehearsal makes network namespaces and block devices: run it as root.")
    cache.root().mkdir(parents=True, exist_ok=True)
    with (cache.root() / ".sandbox.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another rehearsal on this machine to end", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        with _sandbox(folder) as running:
            yield running


@contextmanager
def _sandbox(folder: Path) -> Iterator[Sandbox]:
    sshd.files()
    folder.mkdir(parents=True, exist_ok=True)
    port, aws = _free_port(), _free_port()
    environment = {
        **os.environ,
        "TASKMANAGER_FAKE_AWS": f"http://127.0.0.1:{aws}",
        "TASKMANAGER_FAKE_MACHINES": str(folder / "machines"),
        "TASKMANAGER_FAKE_REGISTRY": str(port),
        "PYTHONPATH": str(ROOT),
        "PULUMI_HOME": str(_pulumi_home(folder)),
        "PATH": f"{_commands(folder)}{os.pathsep}{os.environ['PATH']}",
        # The deployer's own options; cli.ssh_config adds the rest.
        "DOCKER_SSH_OPTS": f"-i {folder}/deployer -o IdentitiesOnly=yes",
        "XDG_RUNTIME_DIR": str(folder),
        # For the commands in cli that ask AWS themselves.
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{aws}",
        "AWS_ACCESS_KEY_ID": "rehearsal",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "GITHUB_TOKEN": "rehearsal-token-that-must-not-leak",
    }
    os.environ["TASKMANAGER_FAKE_MACHINES"] = environment["TASKMANAGER_FAKE_MACHINES"]
    (folder / "machines").mkdir(exist_ok=True)
    processes: list[subprocess.Popen[bytes]] = []
    try:
        with registry.serving(folder / "registry", port) as address:
            relay = ["testkit.fake_aws.relay", str(folder / "machines" / "registry.sock"), address]
            processes.append(_python(relay, environment, folder / "relay.log"))
            processes.append(_aws(aws, environment, folder / "aws.log"))
            endpoints.relay("bucket", BUCKET_PORT, f"127.0.0.1:{aws}")
            endpoints.relay("s3", HTTPS, f"127.0.0.1:{aws}", tls=True)
            yield Sandbox(folder, address, environment, _keys(folder))
    finally:
        _end_connections(folder)
        endpoints.remove_all()
        machines.remove_all()
        for process in processes:
            process.terminate()
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _aws(port: int, environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    # The policies that AWS manages: a misspelt name is refused as AWS would.
    images = amis.write(log.with_name("amis.json"))
    settings = {
        **environment,
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
        "MOTO_AMIS_PATH": str(images),
    }
    server = _python(["testkit.fake_aws.server", "-p", str(port)], settings, log)
    deadline = time.monotonic() + START_SECONDS
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return server
        if time.monotonic() > deadline or server.poll() is not None:
            raise SetupError(f"The stand-in for AWS did not start. Log: {log}")
        time.sleep(0.1)


def _python(module: list[str], environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", *module],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _pulumi_home(folder: Path) -> Path:
    """A PULUMI_HOME with the machine's Docker plugin and the stand-in for that of AWS."""
    home = folder / "pulumi"
    own = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    docker = f"resource-docker-v{pinned('pulumi-docker')}"
    version = pinned("pulumi-aws")
    plugins = home / "plugins"
    aws = plugins / f"resource-aws-v{version}" / "pulumi-resource-aws"
    aws.parent.mkdir(parents=True, exist_ok=True)
    aws.write_text(
        f"#!/bin/sh\ncd {ROOT} && exec {sys.executable} -m testkit.fake_aws.plugin {version}\n"
    )
    aws.chmod(0o755)
    # Pulumi's engine accepts no link for a plugin's folder.
    shutil.copytree(own / "plugins" / docker, plugins / docker)
    return home


def _keys(folder: Path) -> str:
    """A deployer's key pair; gives the public key."""
    key = folder / "deployer"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    return Path(f"{key}.pub").read_text().strip()


def _commands(folder: Path) -> Path:
    """A folder with the `aws` command."""
    command = folder / "bin" / "aws"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m testkit.fake_aws.command_line "$@"\n')
    command.chmod(0o755)
    return command.parent


def _end_connections(folder: Path) -> None:
    for control in folder.glob("tm-*"):
        words = ["ssh", "-o", f"ControlPath={control}", "-O", "exit", "any"]
        subprocess.run(words, check=False, capture_output=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
