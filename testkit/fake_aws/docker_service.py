"""`systemctl start docker` on a machine: Docker Engine, with the images of a registry."""

import os
import subprocess
from configparser import ConfigParser
from pathlib import Path

from bootstrap import dockerd
from bootstrap.offline import images
from testkit.fake_aws import endpoints
from testkit.fake_aws.machines import ADDRESS, GATEWAY

SOCKET = "unix:///var/run/docker.sock"
VOLUMES = Path("/var/lib/docker/volumes")
DROP_INS = Path("/etc/systemd/system/docker.service.d")


def main() -> None:
    """Start dockerd with the machine's settings, after the check that the unit's drop-in makes."""
    os.environ.pop("DOCKER_HOST", None)
    _meet_aws()
    if subprocess.run(["mountpoint", "--quiet", str(VOLUMES)], check=False).returncode != 0:
        raise SystemExit(f"{VOLUMES} is not mounted: docker does not start")
    _run_drop_ins()
    # Containers find AWS by its names.
    dockerd.launch(["dockerd", "--dns", ADDRESS], log=Path("/var/log/dockerd.log"), endpoint=SOCKET)
    images.ensure(SOCKET)


def _meet_aws() -> None:
    """Docker Engine writes logs to CloudWatch: by its real name, with the rights of the host."""
    hosts = Path("/etc/hosts")
    line = f"{GATEWAY} {endpoints.LOGS}\n"
    if line not in hosts.read_text():
        hosts.write_text(hosts.read_text() + line)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    # There is nothing else that it reaches, and no proxy.
    os.environ |= {"SSL_CERT_FILE": str(endpoints.certificate()), "NO_PROXY": "*", "no_proxy": "*"}


def _run_drop_ins() -> None:
    """Run the commands that the unit's drop-ins set before it."""
    for file in sorted(DROP_INS.glob("*.conf")):
        settings = ConfigParser(interpolation=None)
        settings.optionxform = str  # pyright: ignore[reportAttributeAccessIssue]
        settings.read(file)
        if command := settings.get("Service", "ExecStartPre", fallback=""):
            subprocess.run(command.split(), check=True)


if __name__ == "__main__":
    main()
