"""What README.md and the commands say of a deployment is what the program makes."""

import re

from cli import down
from infra import names
from testkit.recorded.program import ROOT, run

README = (ROOT / "README.md").read_text()


def test_the_way_into_the_database_that_is_shown_leads_there() -> None:
    [(container, role, database)] = re.findall(
        r"docker exec -it (\S+) psql -U (\w+) -d (\w+)", README
    )
    given = run().named(container).envs
    assert (role, database) == (given["POSTGRES_USER"], given["POSTGRES_DB"])
    assert (role, database) == (names.ROLE, names.DATABASE), "the role that the service uses"


def test_the_picture_of_the_readme_shows_every_container() -> None:
    [picture] = re.findall(r"^```mermaid\n(.*?)^```$", README, re.M | re.S)
    parts = {str(node.name).split("-")[1] for node in run().containers}
    assert parts >= {"proxy", "api", "postgres", "redis"}
    assert [part for part in parts if f"<b>{part}" not in picture] == []


def test_make_down_offers_to_purge_the_volumes_that_outlive_the_stack() -> None:
    graph = run()
    kept = {node.name for node in graph.of("Volume") if node.request.retainOnDelete}
    kept.add(graph.named("taskmanager-ledger").inputs["volume"])
    assert {f"taskmanager-{data}" for data in down.DATA} == kept, "or data stays behind for ever"
