"""A stack of a copy of this repository on the fake AWS."""

import secrets
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from bootstrap.images import python_version
from testkit.fake_aws import endpoints, machines
from testkit.fake_aws.account import Account
from testkit.fake_aws.sandbox import BUCKET_PORT, Sandbox
from testkit.outcome import Outcome
from testkit.stack_driver import StackDriver
from testkit.user import User
from testkit.working_copy import copy_to

# Settings that differ from the committed ones, and why.
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
# The variables that cli.ssh_config sets for a command.
SSH_VARIABLES = ("DOCKER_SSH_OPTS", "PULUMI_PARALLEL")
MANAGED = {"database": "rds", "cache": "elasticache", "storage": "s3"}


@dataclass(kw_only=True)
class Rehearsal(StackDriver):
    """A stack on the fake AWS.

    sandbox: the stand-ins it runs against.
    managed: AWS runs the database, the cache and the files.
    """

    sandbox: Sandbox
    managed: bool = False
    limit_seconds: int = field(default=600, repr=False)
    _ssh: dict[str, str] = field(init=False, default_factory=dict)

    @classmethod
    def of(cls, stack: str, sandbox: Sandbox, *, managed: bool = False) -> "Rehearsal":
        """A rehearsal of `stack` in a copy inside of the sandbox's folder."""
        return cls(
            folder=sandbox.folder / "copy",
            stack=stack,
            sandbox=sandbox,
            managed=managed,
        )

    @property
    def url(self) -> str:
        return str(self.outputs()["url"])

    def prepare(self) -> None:
        """Copy the repository and set the stack up, as its owner does once."""
        copy_to(self.folder)
        (self.folder / "state").mkdir()
        self.must("stack", "init", self.stack)
        for key, value in {
            **DIFFERENT,
            "pythonVersion": python_version(),
            "repository": f"{self.sandbox.registry}/owner/task-manager-api",
            "sshPublicKeys": self.sandbox.public_key,
            **(MANAGED if self.managed else {}),
        }.items():
            self.configure(key, value)
        for key in ("databasePassword", "secretKey", "backupSecret", "cachePassword"):
            self.configure(key, secrets.token_hex(32), "--secret")
        self._trust_the_sandbox()
        printed = self.tool("with-ssh", "printenv", *SSH_VARIABLES).text.splitlines()
        self._ssh = dict(zip(SSH_VARIABLES, printed, strict=True))

    def _trust_the_sandbox(self) -> None:
        """Add the sandbox's certificates and the address of its S3 to the images."""
        for context, lines in TRUSTING.items():
            shutil.copy2(endpoints.certificate(), self.folder / context / "rehearsal.crt")
            with (self.folder / context / "Dockerfile").open("a") as dockerfile:
                dockerfile.write(lines)
        # The service's list names each file that may get into its image.
        with (self.folder / "service/.dockerignore").open("a") as allowed:
            allowed.write("!rehearsal.crt\n")

    def environment(self) -> dict[str, str]:
        inherited = {k: v for k, v in self.sandbox.environment.items() if k != "DOCKER_CONTEXT"}
        own = self._own_variables(self.folder / "state", "of the rehearsal")
        return {**inherited, **own, **self._ssh}

    def replace_dead_machine(self) -> Outcome:
        """Run `make replace-host DEAD=1`, which must succeed."""
        return self.tool("replace-host", "--dead", "--yes").or_raise(("replace_host", "--dead"))

    def account(self) -> Account:
        """The fake account, to change something in it from outside."""
        endpoint = self.sandbox.environment["TASKMANAGER_FAKE_AWS"]
        return Account("eu-central-1", {}, endpoint=endpoint)

    def on_machine(self, script: str) -> str:
        """The output of a shell script on the machine, run as the deployer."""
        options = self._ssh["DOCKER_SSH_OPTS"].split()
        done = subprocess.run(
            ["ssh", *options, self.outputs()["endpoint"], "--", script],
            check=True,
            capture_output=True,
            text=True,
            cwd=self.folder,
            env={**self.environment(), "PYTHONPATH": str(self.folder)},
        )
        return done.stdout

    def terminate_machine(self) -> None:
        """Terminate the machine from outside, as a person does in the console."""
        machine = self.machine
        self.account().ec2.terminate_instances(InstanceIds=[machine])
        # As EC2 does with a terminated machine, and moto does not.
        for address in self.account().ec2.describe_addresses()["Addresses"]:
            if address.get("InstanceId") == machine:
                association = address["AssociationId"]
                self.account().ec2.disassociate_address(AssociationId=association)
        machines.terminate(machine)
        machines.detach_disk(str(self.resource("aws:ebs/volume:Volume", "data")["id"]))

    def resource(self, kind: str, noun: str) -> dict[str, Any]:
        """The state of the resource of type `kind` whose name ends in `noun`."""
        [match] = [
            resource
            for resource in self.resources()
            if resource["type"] == kind and resource["urn"].endswith(f"-{noun}")
        ]
        return match

    @contextmanager
    def other_program(self, program: Path) -> Iterator[None]:
        """Replace our program by the file `program` for the length of a block."""
        main = self.folder / "infra" / "__main__.py"
        ours = main.read_text()
        shutil.copyfile(program, main)
        try:
            yield
        finally:
            main.write_text(ours)

    @property
    def machine(self) -> str:
        """The id of the instance."""
        return str(self.resource("aws:ec2/instance:Instance", "instance")["id"])

    @cached_property
    def user(self) -> User:
        """A user of the service."""
        return User.register(self.url)

    def logged(self) -> dict[str, list[str]]:
        """Every line in the stack's log group, by the stream: a container's name."""
        client, group = self.account().client("logs"), self._log_group
        streams = client.describe_log_streams(logGroupName=group)["logStreams"]
        names = [stream["logStreamName"] for stream in streams]
        where = [{"logGroupName": group, "logStreamName": name} for name in names]
        events = [client.get_log_events(**each, startFromHead=True)["events"] for each in where]
        return {
            name: [event["message"] for event in found]
            for name, found in zip(names, events, strict=True)
        }

    @property
    def _log_group(self) -> str:
        return str(self.resource("aws:cloudwatch/logGroup:LogGroup", "logs")["id"])

    def in_bucket(self, content: str) -> dict[str, bytes]:
        """Every object of the bucket for `content`, by its key."""
        s3 = Account("eu-central-1", {}, endpoint=self.sandbox.environment["TASKMANAGER_FAKE_AWS"])
        client, bucket = s3.client("s3"), self.resource("aws:s3/bucket:Bucket", content)["id"]
        listed = client.list_objects_v2(Bucket=bucket).get("Contents", [])
        keys = [item["Key"] for item in listed]
        return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}
