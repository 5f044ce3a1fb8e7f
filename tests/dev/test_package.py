"""An app's own repository can install the program and the commands; it need not be a copy."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bootstrap.paths import ROOT

OWN_PROGRAM = '''"""Deploys this repository's service with the installed program."""

import runpy

runpy.run_module("infra", run_name="__main__")
'''
# Runs an app's own program against the recorder, and prints the resources.
RECORD = """
import json, sys
from pathlib import Path
import infra
from testkit.recorded.program import run
graph = run(program=Path("deploy/__main__.py"))
image = graph.named("taskmanager-image", "image:Image").inputs["build"]
print(json.dumps({"infra": infra.__file__, "context": image["context"], "count": len(graph.nodes)}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an installation: the wheel's content and nothing else of this repository."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    [wheel] = folder.glob("taskmanager-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder / "site")
    return folder / "site"


def test_the_wheel_holds_the_program_with_its_scripts_and_the_commands(installed: Path) -> None:
    assert {each.name for each in installed.iterdir() if each.suffix != ".dist-info"} == {
        "infra",
        "cli",
    }
    for file in ("infra/scripts/backup.sh", "infra/images/postgres/Dockerfile"):
        assert (installed / file).is_file(), "the program reads it when it runs"
    assert not (installed / "infra" / ".venv").exists()


def test_a_repository_of_its_own_deploys_its_service(installed: Path, tmp_path: Path) -> None:
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "__main__.py").write_text(OWN_PROGRAM)
    versions = tmp_path / "service" / "migrations" / "versions"
    versions.mkdir(parents=True)
    # The recorder comes from this repository; the installation goes before it.
    path = os.pathsep.join([str(installed), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", RECORD],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    recorded = json.loads(done.stdout.splitlines()[-1])
    assert recorded["infra"] == str(installed / "infra" / "__init__.py")
    assert recorded["context"] == str(tmp_path / "service")
    assert recorded["count"] > 25, "the whole system, not a part of it"
