"""The same service by a plain pulumi-docker program, as its documentation shows it."""

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from testkit.deployment import Deployment, python_version
from testkit.stopwatch import wait_until_ready

PROGRAM = """
import pulumi
import pulumi_docker as docker

image = docker.Image(
    "api",
    image_name="taskmanager-plain:latest",
    build=docker.DockerBuildArgs(
        context={context!r},
        args={{"PYTHON_VERSION": {python!r}}},
        builder_version=docker.BuilderVersion.BUILDER_V1,
    ),
    skip_push=True,
)
docker.Container(
    "api",
    name={name!r},
    image=image.repo_digest,
    envs={envs!r},
    networks_advanced=[docker.ContainerNetworksAdvancedArgs(name={network!r})],
    ports=[docker.ContainerPortArgs(internal=8000, external={port}, ip="127.0.0.1")],
    volumes=[
        docker.ContainerVolumeArgs(host_path={secrets!r}, container_path="/run/secrets"),
        docker.ContainerVolumeArgs(volume_name={uploads!r}, container_path={upload_dir!r}),
    ],
)
"""
UPLOAD_DIR = "/var/lib/taskmanager/uploads"


@dataclass
class Plain:
    """One api container of its own program, on the network and the stores of `deployment`.

    `secrets` is a folder with the files that the service reads.
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
        (self.program.folder / "infra" / "__main__.py").write_text(
            PROGRAM.format(
                context=str(self.deployment.folder / "service"),
                python=python_version(),
                # The deployment's prefix, so that its removal takes this along.
                name=f"{self.deployment.name}-plain",
                envs=model.attrs["Config"]["Env"],
                network=self.deployment.name,
                port=self.program.port,
                secrets=str(self.secrets),
                uploads=f"{self.deployment.name}-uploads",
                upload_dir=UPLOAD_DIR,
            )
        )

    @property
    def url(self) -> str:
        return self.program.url

    def release(self) -> None:
        """`pulumi up`, and wait until the service is ready."""
        self.program.release()
        wait_until_ready(self.url)
