"""A stack on AWS from an empty account to an empty account, with AWS played and the rest real."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools.lab.aws.rehearsal import Rehearsal, cut_power
from tools.lab.aws.stage import stage
from tools.setup.images import python_version
from tools.stack import counts

ANOTHER_AMI = "ami-0fedcba9876543210"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes namespaces and block devices")


@pytest.fixture(scope="module", params=["dev"])
def deployed(request: pytest.FixtureRequest) -> Iterator[Rehearsal]:
    """A stack that is up; the tests go on from where the one before ended."""
    with tempfile.TemporaryDirectory(prefix="tmr-") as folder, stage(Path(folder) / "s") as set_:
        rehearsal = Rehearsal(request.param, set_, python_version())
        rehearsal.prepare()
        shown = rehearsal.preview()
        assert "errored" not in shown, "the address is not known yet, and that is fine"
        rehearsal.up()
        yield rehearsal
        rehearsal.set("protect", "false")
        rehearsal.up()
        rehearsal.destroy()


def test_the_service_answers_at_the_public_port(deployed: Rehearsal) -> None:
    assert deployed.serves() == deployed.outputs()["release"]


def test_the_same_again_changes_nothing(deployed: Rehearsal) -> None:
    deployed.up("--expect-no-changes")


def test_no_key_path_and_no_token_is_in_the_state(deployed: Rehearsal) -> None:
    state = deployed.state()
    assert deployed.stage.environment["GITHUB_TOKEN"] not in state
    assert str(deployed.stage.folder / "deployer") not in state
    assert "BEGIN OPENSSH PRIVATE KEY" not in state


def test_changed_code_is_released(deployed: Rehearsal) -> None:
    before, machine = deployed.serves(), deployed.machine
    deployed.edit()
    deployed.up()
    assert deployed.serves() != before
    assert deployed.machine == machine, "a release needs no other machine"


def test_another_machine_has_the_same_data(deployed: Rehearsal) -> None:
    before, title = deployed.machine, deployed.write_row()
    deployed.set("ami", ANOTHER_AMI)
    shown = deployed.preview()
    assert counts(shown)["replace"] > 5, "the preview says what comes with it"
    deployed.up()
    assert deployed.machine != before
    assert title in deployed.read_rows(), "the disk went from one machine to the other"
    assert deployed.serves() == deployed.outputs()["release"]
    deployed.up("--expect-no-changes")


def test_a_dead_machine_can_be_replaced(deployed: Rehearsal) -> None:
    before, title = deployed.machine, deployed.write_row()
    cut_power(before)
    deployed.replace_dead_machine()
    assert deployed.machine != before
    assert title in deployed.read_rows()
