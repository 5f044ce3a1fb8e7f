"""Docker's credential helpers: one that its settings name and that is not installed fails pulls."""

import json
import os
import shutil
from pathlib import Path

from bootstrap.errors import SetupError

HUB = ("https://index.docker.io/v1/", "docker.io", "index.docker.io")


def refuse_broken() -> None:
    """Return when Docker Hub can be asked without credentials, or with a helper that is there.

    Raises SetupError otherwise: Docker Desktop leaves its settings behind when it is removed.
    """
    file = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker") / "config.json"
    try:
        settings = json.loads(file.read_text())
        helpers = settings.get("credHelpers") or {}
        key = next((f"credHelpers.{host}" for host in HUB if host in helpers), "credsStore")
        name = next((helpers[host] for host in HUB if host in helpers), settings.get("credsStore"))
    except (OSError, ValueError, AttributeError):
        return
    if name and shutil.which(f"docker-credential-{name}") is None:
        raise SetupError(
            f"{file} names the credential helper {name!r} ({key}), and docker-credential-{name} is "
            "not in PATH: Docker can pull no image.\n"
            f"Remove {key} from that file, or install the helper, and run this again."
        )
