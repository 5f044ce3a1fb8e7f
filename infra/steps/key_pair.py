"""The key by which a host proves who it is: made once, kept encrypted in the state."""

import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pulumi

from infra.steps.step import Step, StepArgs, StepProvider


class KeyPairProvider(StepProvider[StepArgs]):
    """Makes the key once: nothing changes it, not even another version of this class."""

    arguments = StepArgs
    triggers = ()

    def run(self, args: StepArgs, previous: StepArgs | None) -> Mapping[str, Any]:
        """Make the key by ssh-keygen."""
        with TemporaryDirectory() as folder:
            file = Path(folder) / "key"
            words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(file)]
            subprocess.run(words, check=True)  # noqa: S603 - a list of our own making
            public = Path(f"{file}.pub").read_text().strip()
            return {"private_key": file.read_text(), "public_key": public}

    def identity(self, args: StepArgs, outputs: Mapping[str, Any]) -> str:
        """The end of the public key."""
        return outputs["public_key"].split()[1][-16:]


class KeyPair(Step, module="taskmanager", name="KeyPair"):
    """An ed25519 key pair, the same for the stack's life, whatever hosts come and go."""

    private_key: pulumi.Output[str]
    public_key: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=["private_key"])
        super().__init__(
            name,
            KeyPairProvider(),
            {"private_key": None, "public_key": None},
            pulumi.ResourceOptions.merge(opts, secret),
        )
