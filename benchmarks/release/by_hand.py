"""The same release with docker commands, as most people do it: build, migrate, stop, start."""

import subprocess
from dataclasses import dataclass
from typing import Any

from testkit.deployment import Deployment
from testkit.stopwatch import wait_until_ready

TAG = "taskmanager-by-hand"


@dataclass
class ByHand:
    """One api container on `port`, on the network and the stores of `deployment`."""

    deployment: Deployment
    port: int

    @property
    def name(self) -> str:
        # The deployment's prefix, so that its removal takes this along.
        return f"{self.deployment.name}-by-hand"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def release(self) -> None:
        """Build, migrate, stop the old container, start the new one, wait until it is ready."""
        model = self.deployment.containers("api-")[0]
        version = self.deployment.build_argument()
        context = str(self.deployment.folder / "service")
        self._docker("build", "--quiet", "--build-arg", version, "--tag", TAG, context)
        options = self._options(model.attrs)
        self._run(model, "--rm", *options, TAG, "alembic", "upgrade", "head")
        self._docker("rm", "--force", self.name, may_fail=True)
        publish = f"127.0.0.1:{self.port}:8000"
        self._run(model, "--detach", "--name", self.name, "--publish", publish, *options, TAG)
        wait_until_ready(self.url)

    def _options(self, model: dict[str, Any]) -> list[str]:
        secrets = self.deployment.folder / "secrets"
        environment = [f"--env={entry}" for entry in model["Config"]["Env"]]
        return [
            f"--network={self.deployment.name}",
            f"--volume={secrets}:/run/secrets:ro",
            *environment,
        ]

    def _run(self, model: Any, *words: str) -> None:
        secrets = self.deployment.folder / "secrets"
        if not secrets.exists():
            secrets.mkdir()
            self._docker("cp", f"{model.name}:/run/secrets/.", str(secrets))
        self._docker("run", *words)

    def _docker(self, *words: str, may_fail: bool = False) -> None:
        subprocess.run(
            ["docker", *words],
            check=not may_fail,
            env=self.deployment.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
