"""The base images, made from Debian packages and a Go module; kept as a file for any engine."""

import os
import shutil
import tempfile
from pathlib import Path

from bootstrap import cache, proxies, shell
from bootstrap.errors import SetupError
from bootstrap.offline import debian, go
from bootstrap.paths import OFFLINE

SOURCES = OFFLINE / "images"
PROXY_MODULE = OFFLINE / "kamal_proxy"
# Debian trixie's; it has no other.
PYTHON_VERSION = "3.13"
# The folder of each stand-in's Dockerfile, and the image it stands for.
STANDS_FOR = {
    "python": f"python:{PYTHON_VERSION}-slim",
    "postgres": "postgres:17-trixie",
    "redis": "redis:8-trixie",
    "kamal_proxy": "basecamp/kamal-proxy:v0.9.2",
}
BASE = "taskmanager-offline/debian:trixie"
BOOTSTRAPPED = "taskmanager-offline/bootstrapped:trixie"
# Its older name, by which images of earlier versions are known too.
LABEL = "taskmanager.lab"


def ensure(endpoint: str) -> None:
    """Have every stand-in that the Docker Engine at `endpoint` lacks, or has in an older make."""
    version = _fingerprint()
    missing = [name for name in STANDS_FOR if not present(endpoint, STANDS_FOR[name], version)]
    if not missing:
        return
    archive = str(_archive(endpoint, version))
    docker(endpoint, "load", "--quiet", "--input", archive, what="Loading base images")
    own = {name: _own_name(name, version) for name in STANDS_FOR}
    for name in missing:
        docker(endpoint, "tag", own[name], STANDS_FOR[name], what="Naming base images")
    docker(endpoint, "rmi", *own.values(), what="Tidying up after base images")


def present(endpoint: str, image: str, version: str = "") -> bool:
    """Whether Docker Engine has `image`: the real one, or the stand-in of this `version`."""
    template = f'{{{{index .Config.Labels "{LABEL}"}}}}'
    label = shell.answer("docker", "-H", endpoint, "image", "inspect", "-f", template, image)
    return label is not None and label in ("", "<no value>", version or _fingerprint())


def docker(endpoint: str, *words: str, what: str) -> None:
    """Run the docker command on the Docker Engine at `endpoint`, with the builder that all have."""
    shell.run("docker", "-H", endpoint, *words, what=what, env={"DOCKER_BUILDKIT": "0"})


def _archive(endpoint: str, version: str) -> Path:
    """All stand-ins in one file, which shares their layers; built by that Docker Engine."""

    def make(directory: Path) -> None:
        _build_base(endpoint, version)
        for name in STANDS_FOR:
            _build(endpoint, name, _own_name(name, version), version)
        own = [_own_name(name, version) for name in STANDS_FOR]
        archive = str(directory / "images.tar")
        docker(endpoint, "save", "--output", archive, *own, what="Keeping base images")
        docker(endpoint, "rmi", BOOTSTRAPPED, BASE, what="Tidying up after base images")

    return cache.made(f"images-{version}", make) / "images.tar"


def _build_base(endpoint: str, version: str) -> None:
    tarball = str(debian.tarball())
    docker(endpoint, "import", tarball, BOOTSTRAPPED, what="Importing Debian")
    _build(endpoint, "debian", BASE, version)


def _build(endpoint: str, name: str, tag: str, version: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        context = Path(scratch) / name
        shutil.copytree(SOURCES / name, context)
        if name == "debian":
            shutil.copyfile(_certificates(), context / "certificates.pem")
        if name == "kamal_proxy":
            package = "github.com/basecamp/kamal-proxy/cmd/kamal-proxy"
            go.build(PROXY_MODULE, package, context / "kamal-proxy", what="Building kamal-proxy")
        label = f"{LABEL}={version}"
        tidy_modes(context)
        by_proxy = proxies.build_options(os.environ)
        words = ("build", "--force-rm", "--label", label, "--tag", tag, *by_proxy, str(context))
        docker(endpoint, *words, what=f"Building the base image {name}")


def tidy_modes(context: Path) -> None:
    """Give the files the modes they need in an image: those of a checkout are its machine's."""
    for path in (context, *context.rglob("*")):
        script = path.is_dir() or path.read_bytes()[:2] == b"#!"
        path.chmod(0o755 if script or path.name == "kamal-proxy" else 0o644)


def _own_name(name: str, version: str) -> str:
    return f"taskmanager-offline/{name.replace('_', '-')}:{version}"


def _fingerprint() -> str:
    return cache.fingerprint([SOURCES, PROXY_MODULE, _certificates()])


def _certificates() -> Path:
    """The authorities this machine trusts: pip inside a build must trust the same."""
    named = (os.environ.get(name) for name in ("PIP_CERT", "SSL_CERT_FILE"))
    for file in (*named, "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"):
        if file and Path(file).is_file():
            return Path(file)
    raise SetupError("No certificate bundle found: install ca-certificates and run this again.")
