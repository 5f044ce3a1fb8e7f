"""The properties that all steps of a release have in common."""

from collections.abc import Mapping
from dataclasses import FrozenInstanceError, dataclass
from typing import Any

import pytest
from docker.errors import APIError

from infra.steps.failure import StepFailed
from infra.steps.step import DEBUG, StepArgs, StepProvider, Text


@dataclass(frozen=True, kw_only=True)
class Args(StepArgs):
    renamed = {"machine_labels": "mark"}

    endpoint: Text = Text()
    health_timeout: int
    machine_labels: str
    schema: str | None


class Provider(StepProvider[Args]):
    arguments = Args
    triggers = ("health_timeout", "machine_labels")
    error: Exception | None = None

    def run(self, args: Args, previous: Args | None) -> Mapping[str, Any]:
        if self.error:
            raise self.error
        return {"seconds": args.health_timeout, "previous": previous}

    def identity(self, args: Args, outputs: Mapping[str, Any]) -> str:
        return args.endpoint


# As Pulumi's engine gives it: numbers are floats, and there is no None.
PROPS = {"endpoint": "unix:///docker.sock", "healthTimeout": 60.0, "mark": "a", "__provider": "p"}


def test_arguments_have_their_wire_names_and_come_back_as_they_were() -> None:
    args = Args(endpoint="unix:///docker.sock", health_timeout=60, machine_labels="a", schema=None)
    inputs = args.inputs()
    assert set(inputs) == {"endpoint", "healthTimeout", "mark", "schema"}
    assert Args.known(PROPS) == args
    assert isinstance(Args.known(PROPS).health_timeout, int), "Docker refuses 60.0"


def test_arguments_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Args.known(PROPS).endpoint = "elsewhere"  # pyright: ignore[reportAttributeAccessIssue]


def test_outputs_are_the_inputs_and_the_results_of_the_run() -> None:
    created = Provider().create(PROPS)
    assert created.id == "unix:///docker.sock"
    assert created.outs == {**PROPS, "seconds": 60, "previous": None}


def test_only_a_trigger_runs_a_step_again() -> None:
    def changes(**news: Any) -> bool | None:
        return Provider().diff("id", PROPS, {**PROPS, **news}).changes

    assert changes(healthTimeout=61.0)
    assert changes(mark="b")
    assert not changes(endpoint="elsewhere")
    assert not changes(__provider="another version of the class")


def test_a_refusal_of_docker_engine_is_a_message_and_keeps_its_cause() -> None:
    provider = Provider()
    provider.error = APIError("409: no space left on device")
    with pytest.raises(StepFailed, match=r"unix:///docker\.sock.*no space left") as caught:
        provider.create(PROPS)
    assert caught.value.__context__ is provider.error, "its traceback says where"


@pytest.mark.parametrize("debug", [False, True])
def test_a_failure_prints_its_traceback_for_debugging_only(
    debug: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(DEBUG, "1" if debug else "")
    provider = Provider()
    try:
        raise StepFailed("The release failed.") from KeyError("colour")
    except StepFailed as failure:
        provider.error = failure
    with pytest.raises(StepFailed):
        provider.update("id", PROPS, PROPS)
    printed = capsys.readouterr().err
    assert ("Traceback" in printed, "KeyError: 'colour'" in printed) == (debug, debug)
