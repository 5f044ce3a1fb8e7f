"""Look into a running deployment: `python -m tools.day_two COMMAND STACK`."""

import os
import subprocess
import sys
from typing import Any

import docker

from tools.stack import Stack, StackError

ROLE, DATABASE = "task_user", "task_manager"


def status(stack: Stack, client: docker.DockerClient) -> None:
    """Print every container with its state, health and image, and what serves."""
    outputs = stack.outputs()
    print(f"URL      {outputs.get('url', 'not deployed')}")
    print(f"Release  {outputs.get('release', 'none')}\n")
    serving = outputs.get("containers", [])
    for container in stack.containers(client):
        role = "serving" if container.name in serving else ""
        image = container.attrs["Config"]["Image"].removeprefix("sha256:")[:24]
        print(f"{container.name:<34} {_state(container):<20} {image:<26} {role}")


def logs(stack: Stack, client: docker.DockerClient) -> None:
    """Follow the api containers' logs until interrupted."""
    followers = [
        subprocess.Popen(["docker", "logs", "--follow", "--tail", "50", str(container.name)])
        for container in _required(stack, client, "api-")
    ]
    try:
        for follower in followers:
            follower.wait()
    except KeyboardInterrupt:
        for follower in followers:
            follower.terminate()


def psql(stack: Stack, client: docker.DockerClient) -> None:
    """Replace this process by psql in the Postgres container."""
    name = _required(stack, client, "postgres")[0].name
    _enter(name, "psql", "-U", ROLE, "-d", DATABASE)


def redis(stack: Stack, client: docker.DockerClient) -> None:
    """Replace this process by redis-cli in the Redis container."""
    _enter(_required(stack, client, "redis")[0].name, "redis-cli")


def shell(stack: Stack, client: docker.DockerClient) -> None:
    """Replace this process by a shell in the first api container."""
    _enter(_required(stack, client, "api-")[0].name, "bash")


COMMANDS = {"status": status, "logs": logs, "psql": psql, "redis": redis, "shell": shell}


def _state(container: Any) -> str:
    state = container.attrs["State"]
    health = state.get("Health", {}).get("Status")
    return f"{state['Status']}, {health}" if health else str(state["Status"])


def _required(stack: Stack, client: docker.DockerClient, part: str) -> list[Any]:
    found = stack.containers(client, part=part)
    if not found:
        raise StackError(f"Stack {stack.name} has no running {part.strip('-')}. Fix: make up")
    return found


def _enter(container: str, *command: str) -> None:
    terminal = ["--tty"] if sys.stdin.isatty() else []
    os.execvp("docker", ["docker", "exec", "--interactive", *terminal, container, *command])  # noqa: S606 - no shell wanted


if __name__ == "__main__":
    try:
        COMMANDS[sys.argv[1]](Stack(sys.argv[2]), docker.from_env())
    except StackError as problem:
        sys.exit(str(problem))
