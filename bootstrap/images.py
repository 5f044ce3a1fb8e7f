"""The images that the deployment and the service's Dockerfile start from."""

import re

from bootstrap import credentials, shell
from bootstrap.errors import SetupError
from bootstrap.offline import images as offline
from bootstrap.paths import ROOT
from bootstrap.sources import OutOfReach, official_or_offline

PULL_SECONDS = 900
FIXED = ("postgres:17-trixie", "redis:8-trixie", "basecamp/kamal-proxy:v0.9.2")


def ensure(endpoint: str) -> tuple[str, str]:
    """Have the base images on the Docker Engine at `endpoint`.

    Returns the Python version to build the service with, and where the images came from.
    """
    version = python_version()
    missing = [
        image
        for image in (f"python:{version}-slim", *FIXED)
        if not offline.present(endpoint, image)
    ]
    if not missing:
        return version, "there already"

    credentials.refuse_broken()

    def official() -> str:
        for image in missing:
            try:
                pull = ("docker", "-H", endpoint, "pull", "--quiet", image)
                shell.run(*pull, what=f"Pulling {image.partition(':')[0]}", timeout=PULL_SECONDS)
            except SetupError as failure:
                raise OutOfReach(str(failure)) from failure
        return version

    def stand_in() -> str:
        offline.ensure(endpoint)
        return offline.PYTHON_VERSION

    version, way = official_or_offline(official, stand_in)
    return version, "pulled" if way == "official" else "built from Debian packages"


def python_version() -> str:
    """The setting of the `local` stack, or the default of Pulumi.yaml."""
    stack = ROOT / "Pulumi.local.yaml"
    configured = stack.read_text() if stack.exists() else ""
    found = re.search(r'^\s*taskmanager:pythonVersion:\s*"?([\d.]+)"?', configured, re.M)
    return found[1] if found else default_python_version()


def default_python_version() -> str:
    """The default in Pulumi.yaml, read without a YAML parser: none is installed yet."""
    project = (ROOT / "Pulumi.yaml").read_text()
    key = r'^  pythonVersion:\n(?:    .*\n)*?    default:\s*"?([\d.]+)'
    found = re.search(key, project, re.M)
    if not found:
        raise SetupError("Pulumi.yaml gives no default for pythonVersion.")
    return found[1]
