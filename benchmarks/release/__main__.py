"""Measure a release against the same steps by hand, and print a table."""

import gzip
import io
import json
import shutil
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import docker

from benchmarks.release.by_hand import ByHand
from benchmarks.release.phases import phases
from benchmarks.table import show
from testkit.deployment import Deployment, free_port
from testkit.load import Load, load
from testkit.load_users import load_users
from testkit.stopwatch import seconds as timed

ROUNDS = 3
EMPTY_PROGRAM = Path(__file__).parent / "programs" / "empty.py"


def main() -> int:
    """Deploy, measure, print, remove the deployment."""
    with tempfile.TemporaryDirectory() as folder:
        ours = Deployment.plan(Path(folder))
        ours.create()
        try:
            print("First release (not measured) …", flush=True)
            ours.release()
            theirs = ByHand(ours, free_port())
            theirs.release()
            show("Release of a code change", releases(ours, theirs))
            show("Without a change", idle(ours))
            show("Image", image(ours))
        finally:
            ours.remove()
    return 0


def releases(ours: Deployment, theirs: ByHand) -> list[Sequence[str]]:
    """Wall time and failed requests of both ways in turn, and the phases of `pulumi up`."""
    seconds: dict[str, list[float]] = {"ours": [], "by hand": []}
    failed: dict[str, int] = {"ours": 0, "by hand": 0}
    requested: dict[str, int] = {"ours": 0, "by hand": 0}
    spent: dict[str, list[float]] = {}
    for number in range(ROUNDS):
        print(f"Release {number + 1} of {ROUNDS}, both ways …", flush=True)
        ours.edit("app/main.py", f"# measured {number}")
        ways = (
            ("ours", ours.url, lambda: _up(ours, spent)),
            ("by hand", theirs.url, theirs.release),
        )
        for way, url, release in ways:
            with load(url, by=load_users(ours.url)) as traffic:
                seconds[way].append(timed(release))
            failed[way] += _count(traffic)
            requested[way] += len(traffic.answers)
    medians = {way: statistics.median(taken) for way, taken in seconds.items()}
    rows: list[Sequence[str]] = [
        ("", "pulumi up", "by hand", "ratio"),
        ("wall time, median", *_pair(medians["ours"], medians["by hand"])),
        ("failed requests", *(f"{failed[way]} of {requested[way]}" for way in failed), ""),
    ]
    rows += [
        (f"  {phase}", f"{statistics.median(taken):.1f} s", "", "")
        for phase, taken in spent.items()
    ]
    return rows


def idle(ours: Deployment) -> list[Sequence[str]]:
    """`up` and `preview` without a change against an empty program with the same providers."""
    with tempfile.TemporaryDirectory() as folder:
        empty = Deployment.plan(Path(folder))
        empty.create()
        shutil.copyfile(EMPTY_PROGRAM, empty.folder / "infra" / "__main__.py")
        empty.release()
        rows: list[Sequence[str]] = [("", "this program", "empty program", "ratio")]
        for what, run in (("up", Deployment.up), ("preview", Deployment.preview)):
            pair = [_median(lambda way=way, run=run: run(way)) for way in (ours, empty)]
            rows.append((f"{what}, median", *_pair(*pair)))
        empty.client.close()
    return rows


def image(ours: Deployment) -> list[Sequence[str]]:
    """Size of the image and of the layers that a code change makes anew."""
    client: docker.DockerClient = ours.client
    built = client.images.get(ours.containers("api-")[0].attrs["Image"])
    layers = built.history()
    code = next(i for i, layer in enumerate(layers) if "pip install" in layer["CreatedBy"])
    count = sum(layer["Size"] > 0 for layer in layers[:code])
    return [
        ("image", f"{built.attrs['Size'] / 1e6:.0f} MB"),
        ("pushed for a code change", f"{_compressed(b''.join(built.save()), count) / 1e3:.0f} kB"),
    ]


def _compressed(image_tar: bytes, count: int) -> int:
    """The size of an image's last `count` layers as a push sends them."""
    with tarfile.open(fileobj=io.BytesIO(image_tar)) as tar:
        [manifest] = json.loads(_member(tar, "manifest.json"))
        return sum(len(gzip.compress(_member(tar, name))) for name in manifest["Layers"][-count:])


def _member(tar: tarfile.TarFile, name: str) -> bytes:
    member = tar.extractfile(name)
    if member is None:
        raise LookupError(f"{name} is no file of the saved image")
    return member.read()


def _up(ours: Deployment, spent: dict[str, list[float]]) -> None:
    log = ours.folder / "events.json"
    began = time.time()
    ours.release_logged(log)
    for phase, taken in phases(log.read_text(), began, time.time()).items():
        spent.setdefault(phase, []).append(taken)


def _median(run: Callable[[], object]) -> float:
    return statistics.median(timed(run) for _ in range(ROUNDS))


def _pair(ours: float, theirs: float) -> tuple[str, str, str]:
    return f"{ours:.1f} s", f"{theirs:.1f} s", f"{ours / theirs:.2f}"


def _count(traffic: Load) -> int:
    return len(traffic.failures)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as error:
        sys.exit(f"A docker command failed: {' '.join(error.cmd)}")
