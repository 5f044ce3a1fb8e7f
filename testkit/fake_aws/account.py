"""Calls to the stand-in for AWS, as the real plugin makes them: checked by botocore, tagged."""

import os
from typing import Any

import boto3
from botocore.config import Config

from testkit.fake_aws import limits

Inputs = dict[str, Any]


class Account:
    """One region of the stand-in; `tags` go on everything that takes them."""

    def __init__(self, region: str, tags: dict[str, str], *, endpoint: str | None = None) -> None:
        self.region = region
        self._endpoint = endpoint or os.environ["TASKMANAGER_FAKE_AWS"]
        self._tags = tags

    def client(self, service: str) -> Any:
        """A client of `service`; every call is validated before it is sent.

        What it raises for a value that AWS would refuse is a ValueError.
        """
        client = boto3.client(
            service,  # pyright: ignore[reportArgumentType]
            region_name=self.region,
            endpoint_url=self._endpoint,
            aws_access_key_id="rehearsal",
            aws_secret_access_key="rehearsal",
            config=Config(retries={"max_attempts": 0}),
        )
        client.meta.events.register("provide-client-params.*.*", _refuse)
        return client

    @property
    def ec2(self) -> Any:
        return self.client("ec2")

    def tags(self, inputs: Inputs) -> list[dict[str, str]]:
        """The default tags with those of a resource."""
        merged = {**self._tags, **(inputs.get("tags") or {})}
        return [{"Key": key, "Value": value} for key, value in sorted(merged.items())]

    def tagged(self, kind: str, inputs: Inputs) -> list[dict[str, Any]]:
        """The same for a call that makes a resource of EC2."""
        return [{"ResourceType": kind, "Tags": self.tags(inputs)}]


def _refuse(params: Inputs, model: Any, **_context: Any) -> None:
    service = model.service_model.service_name
    if problems := limits.problems(service, model.name, params):
        raise ValueError("; ".join(problems))
