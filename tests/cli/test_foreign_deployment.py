"""A deployment of this clone's name that another clone made."""

from pathlib import Path

import pytest

from cli import engine_inventory
from infra.errors import UserError
from tests.cli.inventory import ROOT, Engine, Kept, left, whole


def test_another_clones_deployment_is_named_with_the_ways_out(stack: Kept, other: Path) -> None:
    stack.kept["deployment"]["resources"] = whole()[:1]
    with pytest.raises(UserError) as told:
        engine_inventory.reconcile(stack, stack.state())
    said = str(told.value)
    assert f"deployed from the folder {other} and by ada@laptop" in said
    assert "pulumi config set taskmanager:name taskmanager-2" in said
    assert "pulumi config set taskmanager:port 8081" in said
    assert f"mv '{other}'/.local/state .local/" in said, "one deployment has one state"
    assert "docker rm --force" in said
    assert not stack.written
    with pytest.raises(UserError, match="Nothing was changed"):
        engine_inventory.announce(stack)


def test_a_folder_that_is_gone_is_no_way_out(stack: Kept, other: Path) -> None:
    (other / ".local" / "state").rmdir()
    with pytest.raises(UserError) as told:
        engine_inventory.reconcile(stack, stack.state())
    assert "mv" not in str(told.value)
    assert "make adopt" in str(told.value), "the state can be rebuilt from what runs"
    assert "docker rm --force" in str(told.value)


def test_the_removal_of_this_clones_part_leaves_the_other_its_volumes(
    stack: Kept, engine: Engine, other: Path
) -> None:
    stack.kept["deployment"]["resources"] = whole()[:5]
    found = engine_inventory.reconcile_for_removal(stack)
    assert found is not None
    assert found.folder == str(other)
    assert [each["type"] for each in left(stack)] == [ROOT], "the network is not this clone's"
