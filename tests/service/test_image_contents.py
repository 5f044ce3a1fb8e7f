"""The contents of an image that a person builds from a folder as people have them."""

import io
import os
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container

from bootstrap.images import python_version
from testkit.checkouts import SECRET, leave_secrets, make_private, service_in, write_crlf

TAG = "taskmanager-test-contents"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Built by the docker command, whose reading of .dockerignore is that of the deployment."""
    service = service_in(tmp_path_factory.mktemp("checkout"))
    leave_secrets(service)
    write_crlf(service)
    make_private(service)
    build = ["docker", "build", "--quiet", "--tag", TAG, "--force-rm"]
    arguments = ["--build-arg", f"PYTHON_VERSION={python_version()}", str(service)]
    done = subprocess.run(
        [*build, *arguments],
        env={**os.environ, "DOCKER_BUILDKIT": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    yield TAG
    client = docker.from_env()
    client.images.remove(TAG, force=True)
    client.close()


@pytest.fixture(scope="module")
def files(image: str) -> dict[str, tarfile.TarInfo]:
    """Everything below /app in the image, by its path there."""
    archive = _archive(image)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return {str(Path(member.name).relative_to("app")): member for member in tar}


def _archive(image: str) -> bytes:
    client = docker.from_env()
    lender: Container = client.containers.create(image)
    try:
        stream, _ = lender.get_archive("/app")
        return b"".join(stream)
    finally:
        lender.remove()
        client.close()


def test_only_the_service_gets_into_the_image(files: dict[str, tarfile.TarInfo]) -> None:
    top = {Path(name).parts[0] for name in files if name != "."}
    allowed = {
        "app",
        "bounded_protocol.py",
        "migrations",
        "alembic.ini",
        "entrypoint.sh",
        "probe.py",
        "requirements.lock",
    }
    assert top == allowed


def test_no_secret_that_lies_in_the_folder_gets_into_the_image(image: str) -> None:
    with tarfile.open(fileobj=io.BytesIO(_archive(image))) as tar:
        having = [
            member.name
            for member in tar
            if (content := tar.extractfile(member)) and SECRET.encode() in content.read()
        ]
    assert not having


def test_every_file_can_be_read_by_the_services_user_and_none_written(
    files: dict[str, tarfile.TarInfo],
) -> None:
    wanted = {name: 0o555 if member.isdir() else 0o444 for name, member in files.items()}
    closed = {name for name, mode in wanted.items() if files[name].mode & mode != mode}
    assert not closed, "a checkout by umask 077 makes an image that cannot start"
    assert not {name for name, member in files.items() if member.mode & 0o002}


def test_the_image_of_a_private_checkout_with_windows_line_ends_runs_its_entrypoint(
    image: str,
) -> None:
    client = docker.from_env()
    try:
        said = client.containers.run(image, ["python", "-c", "import app.main; print('starts')"])
    finally:
        client.close()
    assert said.decode().splitlines()[-1] == "starts"
