"""The same service by a plain pulumi-docker program, as its documentation shows it."""

import json
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from testkit.deployment import Deployment, python_version
from testkit.stopwatch import wait_until_ready

PROGRAM = Path(__file__).parent / "programs" / "plain.py"
UPLOAD_DIR = "/var/lib/taskmanager/uploads"


@dataclass
class Plain:
    """One api container of a program of its own, with the network and the stores of `deployment`.

    secrets: a folder with the secrets that the service reads.
    """

    deployment: Deployment
    secrets: Path
    program: Deployment = field(init=False)

    def __post_init__(self) -> None:
        self.program = Deployment.plan(
            Path(tempfile.mkdtemp()),
            engine=self.deployment.engine,
            idle_priority=self.deployment.idle_priority,
        )
        self.program.create()
        model = self.deployment.containers("api-")[0]
        settings = {
            "context": str(self.deployment.folder / "service"),
            "python_version": python_version(),
            # The deployment's prefix, so that its removal takes this along.
            "name": f"{self.deployment.name}-plain",
            "envs": model.attrs["Config"]["Env"],
            "network": self.deployment.name,
            "port": self.program.port,
            "secrets": str(self.secrets),
            "uploads": f"{self.deployment.name}-uploads",
            "upload_dir": UPLOAD_DIR,
        }
        infra = self.program.folder / "infra"
        shutil.copyfile(PROGRAM, infra / "__main__.py")
        (infra / "settings.json").write_text(json.dumps(settings))

    @property
    def url(self) -> str:
        return self.program.url

    def release(self) -> None:
        """`pulumi up`, and wait until the service is ready."""
        self.program.release()
        wait_until_ready(self.url)
