"""The image in a container without a network, rights or a writable file system."""

import io
import tarfile
import time
from collections.abc import Iterator

import docker
import pytest
from docker.models.containers import Container

from benchmarks.service.image import built

from .conftest import SECRET
from .test_image_memory import MEGABYTES, encoded

TAG = "taskmanager-test-image"
LIMIT = 60
UPLOADS = "/var/lib/taskmanager/uploads"
REQUESTS = 40
# Sends requests by new connections, then reads the metrics.
ASK = f"""
import re
from urllib.request import urlopen
for _ in range({REQUESTS}):
    urlopen("http://127.0.0.1:8000/version").read()
text = urlopen("http://127.0.0.1:9090/metrics").read().decode()
print(re.search(r'http_requests_total.*/version.* (\\d+)', text)[1])
"""
STATUS = "print(open('/proc/1/status').read())"


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    """Without a network, and so without its stores."""
    environment = {
        "ENVIRONMENT": "production",
        "SECRET_KEY": SECRET,
        "DATABASE_URL": "postgresql://u:p@127.0.0.1:9/d",
        "UPLOAD_DIR": UPLOADS,
        "WEB_CONCURRENCY": "2",
    }
    client = docker.from_env()
    with built(TAG):
        running = client.containers.run(
            TAG,
            detach=True,
            environment=environment,
            network_mode="none",
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            mem_limit=f"{MEGABYTES}m",
            memswap_limit=f"{MEGABYTES}m",
            volumes=[UPLOADS],
        )
        try:
            _until_it_answers(running)
            yield running
        finally:
            running.remove(force=True, v=True)
            client.close()


def _until_it_answers(container: Container) -> None:
    alive = "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health')"
    deadline = time.monotonic() + LIMIT
    while container.exec_run(["python", "-c", alive]).exit_code:
        assert time.monotonic() < deadline, str(container.logs())
        time.sleep(0.5)


def run(container: Container, *command: str) -> tuple[int, str]:
    done = container.exec_run(list(command))
    assert isinstance(done.output, bytes)
    return done.exit_code or 0, done.output.decode()


def python(container: Container, script: str) -> str:
    status, output = run(container, "python", "-c", script)
    assert status == 0, output
    return output


def test_it_serves_from_a_read_only_file_system_without_any_right(container: Container):
    facts = dict(
        line.split(":\t", 1) for line in python(container, STATUS).splitlines() if ":\t" in line
    )
    assert facts["Uid"].split()[0] != "0"
    assert int(facts["CapBnd"], 16) == 0
    assert facts["NoNewPrivs"] == "1"
    assert "Read-only file system" in run(container, "touch", "/app/x")[1]


def test_its_uploads_can_be_written(container: Container):
    script = f"open('{UPLOADS}/x', 'w').write('x'); print('written')"
    assert python(container, script) == "written\n"


def test_its_metrics_are_those_of_all_workers(container: Container):
    assert python(container, ASK) == f"{REQUESTS}\n"


def test_its_health_check_is_its_own_probe(container: Container):
    status, said = run(container, "python", "-I", "-S", "probe.py")
    assert status == 1
    assert "503" in said, "it answers, and says that its stores are missing"


def test_images_decoded_by_all_workers_at_once_fit_into_its_memory(container: Container):
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        content = encoded("JPEG CMYK")
        file = tarfile.TarInfo("image")
        file.size, file.mode = len(content), 0o644
        tar.addfile(file, io.BytesIO(content))
    container.put_archive(UPLOADS, archive.getvalue())
    decode = f"python -I app/services/image_process.py < {UPLOADS}/image > /dev/null; echo $?"
    _, output = run(container, "sh", "-c", f"({decode}) & ({decode}) & ({decode}) & wait")
    assert output.split() == ["0"] * 3, "the kernel ended none, as they take turns"
