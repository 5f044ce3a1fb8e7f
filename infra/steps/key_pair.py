"""The key by which a host proves who it is: made once, kept encrypted in the state."""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class _KeyPairProvider(ResourceProvider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "key"
            words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(file)]
            subprocess.run(words, check=True)  # noqa: S603 - a list of our own making
            public = Path(f"{file}.pub").read_text().strip()
            outs = {**props, "private_key": file.read_text(), "public_key": public}
        return CreateResult(id_=public.split()[1][-16:], outs=outs)


class KeyPair(Resource, module="taskmanager", name="KeyPair"):
    """An ed25519 key pair. It stays the same for the stack's life, whatever hosts come and go."""

    private_key: pulumi.Output[str]
    public_key: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        secret = pulumi.ResourceOptions(additional_secret_outputs=["private_key"])
        super().__init__(
            _KeyPairProvider(),
            name,
            {"private_key": None, "public_key": None},
            pulumi.ResourceOptions.merge(opts, secret),
        )
