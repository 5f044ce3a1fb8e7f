"""A stack on AWS, driven as a person drives it, on a stage where AWS is played."""

import json
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import requests

from testkit.fake_aws import endpoints
from testkit.fake_aws.account import Account
from testkit.fake_aws.sandbox import BUCKET_PORT, Sandbox
from testkit.user import User
from testkit.working_copy import copy_to

UP_LIMIT_SECONDS = 600
# What differs from the committed settings, and why.
DIFFERENT = {
    "domain": "",  # no authority can reach this machine to prove a name
    "architecture": "x86_64",  # this machine's own
    "instanceType": "t3.medium",
    "healthTimeout": "40",
    "drainTimeout": "10",
    "backups": "s3",
}
# By context. Only the service is told where: it has a setting for stores that are not AWS's.
TRUSTING = {
    "service": "ENV SSL_CERT_FILE=/app/rehearsal.crt "
    f"S3_ENDPOINT_URL=http://{endpoints.ADDRESS}:{BUCKET_PORT}\n",
    "infra/images/postgres": "COPY rehearsal.crt /usr/local/share/ca-certificates/\n"
    "RUN update-ca-certificates\n",
}
# What cli.ssh_config puts into a command's environment.
WAY = ("DOCKER_SSH_OPTS", "PULUMI_PARALLEL")
MANAGED = {"database": "rds", "cache": "elasticache", "storage": "s3"}


@dataclass
class Rehearsal:
    """Stack `stack` of a copy of the repository, on `stage`."""

    stack: str
    sandbox: Sandbox
    python_version: str
    managed: bool = False
    folder: Path = field(init=False)
    _way: dict[str, str] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.folder = self.sandbox.folder / "copy"

    def prepare(self) -> None:
        """Copy the repository and do what the owner of a stack does once."""
        copy_to(self.folder)
        (self.folder / "state").mkdir()
        self.must("stack", "init", self.stack)
        for key, value in {
            **DIFFERENT,
            "pythonVersion": self.python_version,
            "repository": f"{self.sandbox.registry}/owner/task-manager-api",
            "sshPublicKeys": self.sandbox.public_key,
            **(MANAGED if self.managed else {}),
        }.items():
            self.set(key, value)
        for key in ("databasePassword", "secretKey", "backupSecret", "cachePassword"):
            self.set(key, secrets.token_hex(32), "--secret")
        self._trust_the_sandbox()
        told = self.tool("ssh_config", "printenv", *WAY).stdout.splitlines()
        self._way = dict(zip(WAY, told, strict=True))

    def _trust_the_sandbox(self) -> None:
        """In the images: whose certificates are good, and where uploads find what plays S3."""
        for context, lines in TRUSTING.items():
            shutil.copy2(endpoints.certificate(), self.folder / context / "rehearsal.crt")
            with (self.folder / context / "Dockerfile").open("a") as dockerfile:
                dockerfile.write(lines)

    def pulumi(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `pulumi WORDS`; standard output and error come as one text."""
        return subprocess.run(
            ["pulumi", "--non-interactive", "--color", "never", *words],
            cwd=self.folder,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=UP_LIMIT_SECONDS,
            env={**self.environment(), **environment},
        )

    def environment(self) -> dict[str, str]:
        """What a command needs to find this stack's state and stage."""
        return {
            **{k: v for k, v in self.sandbox.environment.items() if k != "DOCKER_CONTEXT"},
            "PULUMI_BACKEND_URL": (self.folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "of the rehearsal",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            **self._way,
        }

    def must(self, *words: str) -> str:
        """As `pulumi`, where only success is acceptable."""
        done = self.pulumi(*words)
        if done.returncode != 0:
            raise AssertionError(f"pulumi {' '.join(words)} failed:\n{done.stdout}")
        return done.stdout

    def set(self, key: str, value: str, *options: str) -> None:
        self.must(
            "config", "set", "--stack", self.stack, *options, "--", f"taskmanager:{key}", value
        )

    def up(self, *options: str) -> str:
        return self.must("up", "--stack", self.stack, "--yes", "--skip-preview", *options)

    def tool(self, module: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a module of `cli` on the stack, as make does."""
        return subprocess.run(
            [sys.executable, "-m", f"cli.{module}", self.stack, *words],
            cwd=self.folder,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=UP_LIMIT_SECONDS,
            env={**self.environment(), "PYTHONPATH": str(self.folder)},
        )

    def replace_dead_machine(self) -> None:
        """Run `make replace-host DEAD=1` as a person does."""
        done = self.tool("replace_host", "--dead")
        if done.returncode != 0:
            raise AssertionError(f"The dead host was not replaced:\n{done.stdout}")

    def preview(self, *options: str) -> str:
        return self.must("preview", "--stack", self.stack, *options)

    def destroy(self, *options: str) -> str:
        return self.must("destroy", "--stack", self.stack, "--yes", "--skip-preview", *options)

    def outputs(self) -> dict[str, Any]:
        return json.loads(_json(self.must("stack", "output", "--json", "--stack", self.stack)))

    def state(self) -> str:
        """The state as it is stored."""
        return self.must("stack", "export", "--stack", self.stack)

    def resources(self) -> list[dict[str, Any]]:
        """The state of every resource."""
        return json.loads(_json(self.state()))["deployment"]["resources"]

    def resource(self, kind: str, noun: str) -> dict[str, Any]:
        """The state of the resource of type `kind` whose name ends in `noun`."""
        [found] = [
            each
            for each in self.resources()
            if each["type"] == kind and each["urn"].endswith(f"-{noun}")
        ]
        return found

    @contextmanager
    def other_program(self, text: str) -> Iterator[None]:
        """Another program in place of ours, for the length of a block."""
        main = self.folder / "infra" / "__main__.py"
        ours = main.read_text()
        main.write_text(text)
        try:
            yield
        finally:
            main.write_text(ours)

    @property
    def machine(self) -> str:
        """The id of the instance."""
        return str(self.resource("aws:ec2/instance:Instance", "instance")["id"])

    def edit(self) -> None:
        """Change the service's code."""
        file = self.folder / "service" / "app" / "rehearsed.py"
        file.write_text(f'"""Changed: {secrets.token_hex(8)}."""\n')

    def serves(self) -> str:
        """The release that answers through the public port."""
        answer = requests.get(f"{self.outputs()['url']}/version", timeout=10)
        answer.raise_for_status()
        return str(answer.json()["version"])

    @cached_property
    def user(self) -> User:
        """Somebody who uses the service."""
        return User.register(self.outputs()["url"])

    def in_bucket(self, content: str) -> dict[str, bytes]:
        """What is in the bucket of `content`."""
        s3 = Account("eu-central-1", {}, endpoint=self.sandbox.environment["TASKMANAGER_FAKE_AWS"])
        client, bucket = s3.client("s3"), self.resource("aws:s3/bucket:Bucket", content)["id"]
        listed = client.list_objects_v2(Bucket=bucket).get("Contents", [])
        keys = [each["Key"] for each in listed]
        return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def _json(text: str) -> str:
    return text[text.index("{") : text.rindex("}") + 1]
