"""Another number of api containers, before anything is changed."""

from typing import Any

import pytest

from cli import scale
from cli.stack import Stack
from infra.errors import UserError


class Deployed(Stack):
    """A stack of two replicas, whose every command is written down."""

    def outputs(self) -> dict[str, Any]:
        return {"containers": ["tasks-api-1", "tasks-api-2"]}

    def setting(self, key: str) -> str:
        return {"replicas": "2"}[key]

    def pulumi(self, *words: str, typed: str = "") -> str:
        raise AssertionError(f"nothing is changed, and pulumi {words} would")


def test_more_replicas_than_postgres_has_connections_for_are_refused_with_the_way() -> None:
    with pytest.raises(UserError, match="N=13 needs 276 connections") as caught:
        scale.scale(Deployed("local"), 13)
    assert "the Postgres that runs allows 100" in str(caught.value)
    assert "pulumi config set replicas 13 --stack local, then make up" in str(caught.value)
