"""The end of the stack: it comes last in its folder."""

from testkit.fake_aws import machines
from testkit.fake_aws.rehearsal import Rehearsal


def test_a_dead_host_can_be_destroyed_with_everything_else(deployed: Rehearsal) -> None:
    machines.hang(deployed.machine)
    done = deployed.tool("down", "--yes")
    assert done.status == 0, done.text
    assert '"resources"' not in deployed.state(), "an empty account again"
