"""`systemctl start docker` on a machine: Docker Engine, with the images of a registry."""

import os
import subprocess
from pathlib import Path

from bootstrap import dockerd
from bootstrap.offline import images
from testkit.fake_aws.machines import ADDRESS

SOCKET = "unix:///var/run/docker.sock"
VOLUMES = Path("/var/lib/docker/volumes")


def main() -> None:
    """Start dockerd with the machine's settings, after the check that the unit's drop-in makes."""
    os.environ.pop("DOCKER_HOST", None)
    if subprocess.run(["mountpoint", "--quiet", str(VOLUMES)], check=False).returncode != 0:
        raise SystemExit(f"{VOLUMES} is not mounted: docker does not start")
    # Containers find AWS by its names.
    dockerd.launch(["dockerd", "--dns", ADDRESS], log=Path("/var/log/dockerd.log"), endpoint=SOCKET)
    images.ensure(SOCKET)


if __name__ == "__main__":
    main()
