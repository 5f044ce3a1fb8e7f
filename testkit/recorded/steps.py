"""The steps of a release, run as Pulumi's engine runs them.

Each provider is unpacked from the recorded graph, with the inputs that the program gave it, as in
the process that runs the steps.
"""

import base64
from typing import Any

import dill
from pulumi.dynamic import ResourceProvider

from testkit.recorded.program import Graph

Props = dict[str, Any]


def step(graph: Graph, token: str) -> tuple[ResourceProvider, Props]:
    """The provider of a step and its inputs; of two scripts, those of the one in Postgres."""
    props = graph.of(f"taskmanager:{token}")[-1].inputs
    return dill.loads(base64.b64decode(props.pop("__provider"))), props  # noqa: S301 - our own


def changed_by(provider: ResourceProvider, props: Props) -> set[str]:
    """The inputs of which a change alone makes Pulumi's engine run the step again."""
    return {key for key in props if provider.diff("id", props, {**props, key: "other"}).changes}
