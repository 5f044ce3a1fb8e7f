"""The connections of Postgres: a release with all its containers fits, on every target."""

from typing import Any

import pulumi
import pytest

from infra import connections
from testkit.recorded import ec2, recorder
from testkit.recorded.program import Graph, run


def limit(graph: Graph) -> int:
    """The connections that the Postgres of a recorded graph allows."""
    [postgres] = [node for node in graph.containers if node.name.endswith("-postgres")]
    prefix = "--max_connections="
    options = [word for word in postgres.inputs["command"] if word.startswith(prefix)]
    return int(options[0].removeprefix(prefix)) if options else connections.DEFAULT


@pytest.mark.parametrize("replicas", [1, 2, 4, 5, 13, 16])
def test_two_releases_side_by_side_fit_into_what_postgres_allows(replicas: int) -> None:
    allowed = limit(run(config={"replicas": str(replicas)}))
    assert allowed >= 2 * replicas * 10 + 16, "psql and the backups would not get in"


def test_the_postgres_of_a_small_stack_is_not_made_anew_for_it(graph: Graph) -> None:
    [postgres] = [node for node in graph.containers if node.name.endswith("-postgres")]
    assert not any("max_connections" in word for word in postgres.inputs["command"])


@pytest.mark.parametrize(
    "before",
    [{"containers": ["api"] * 13}, {"connections": 300.0, "containers": ["api"] * 2}],
    ids=["thirteen still run", "thirteen ran earlier"],
)
def test_fewer_replicas_leave_postgres_the_connections_that_it_has(
    before: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(recorder.LOOKUPS, connections.READ_OUTPUTS, {"outputs": before})
    graph = run(config={"replicas": "2"})
    assert limit(graph) == 300, (
        "Postgres is restarted before the release, while the earlier containers serve"
    )
    assert graph.exports["connections"] == 300, "the next deployment restarts it no more"


def test_more_replicas_raise_what_postgres_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {"containers": ["api"] * 2, "connections": 100.0}
    monkeypatch.setitem(recorder.LOOKUPS, connections.READ_OUTPUTS, {"outputs": before})
    assert limit(run(config={"replicas": "13"})) == 300


def test_one_more_replica_seldom_restarts_postgres() -> None:
    limits = [connections.allowed(replicas) for replicas in range(1, 17)]
    assert limits == sorted(limits)
    assert len(set(limits)) <= 4


def test_too_many_replicas_for_rds_stop_the_program_before_its_first_resource() -> None:
    config = {**ec2.MANAGED, "replicas": "4", "databaseClass": "db.t4g.micro"}
    with pytest.raises(pulumi.RunError) as caught:
        ec2.deploy("prod", config)
    text = str(caught.value)
    assert "taskmanager:replicas is 4" in text
    assert "db.t4g.micro allows about" in text
    assert "pulumi config set taskmanager:replicas 3" in text
    assert not caught.value.graph.nodes  # type: ignore[attr-defined]


def test_a_larger_class_has_more(monkeypatch: pytest.MonkeyPatch) -> None:
    assert connections.too_many(4, "db.t4g.small") == []
    assert connections.too_many(16, "db.x9.unknown") == [], "nothing is claimed of it"
