"""One api container with pulumi-docker alone, as its documentation shows it.

The benchmark writes the settings beside this file: see benchmarks/release/plain.py.
"""

import json
from pathlib import Path

import pulumi_docker as docker

SETTINGS = json.loads(Path(__file__).with_name("settings.json").read_text())

image = docker.Image(
    "api",
    image_name="taskmanager-plain:latest",
    build=docker.DockerBuildArgs(
        context=SETTINGS["context"],
        args={"PYTHON_VERSION": SETTINGS["python_version"]},
        builder_version=docker.BuilderVersion.BUILDER_V1,
    ),
    skip_push=True,
)
docker.Container(
    "api",
    name=SETTINGS["name"],
    image=image.repo_digest,
    envs=SETTINGS["envs"],
    networks_advanced=[docker.ContainerNetworksAdvancedArgs(name=SETTINGS["network"])],
    ports=[
        docker.ContainerPortArgs(internal=8000, external=SETTINGS["port"], ip="127.0.0.1"),
    ],
    volumes=[
        docker.ContainerVolumeArgs(host_path=SETTINGS["secrets"], container_path="/run/secrets"),
        docker.ContainerVolumeArgs(
            volume_name=SETTINGS["uploads"], container_path=SETTINGS["upload_dir"]
        ),
    ],
)
