"""A step of a release as a Pulumi resource: typed arguments, run again when one of them changes."""

import os
import traceback
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Generic, Self, TypeVar, cast, overload

import pulumi
from docker.errors import DockerException
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult
from requests.exceptions import RequestException

from infra.steps import failure, providers
from infra.steps.failure import StepFailed

DEBUG = "TASKMANAGER_DEBUG"
"""The environment variable that makes a step that fails print its traceback too."""

Given = TypeVar("Given")
Known = TypeVar("Known")


class Property(Generic[Given, Known]):
    """A field of a step's arguments: the program gives `Given`, the step that runs reads `Known`.

    Between the two, Pulumi's engine waits for outputs and carries plain values to the process that
    runs the steps.
    """

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, args: None, owner: type) -> "Property[Given, Known]": ...
    @overload
    def __get__(self, args: object, owner: type) -> Known: ...
    def __get__(self, args: object | None, owner: type) -> "Property[Given, Known] | Known":
        if args is None:
            # A field without a default, to @dataclass.
            raise AttributeError(self._name)
        return cast(Known, vars(args)[self._name])

    def __set__(self, args: object, value: Given) -> None:
        vars(args)[self._name] = value


Text = Property[pulumi.Input[str], str]
"""A text that another resource may produce."""
Texts = Property[Mapping[str, pulumi.Input[str]], Mapping[str, str]]
"""Texts by name, each of which another resource may produce."""


@dataclass(frozen=True, kw_only=True)
class StepArgs:
    """The arguments of a step.

    Their names in Pulumi's state are the same in camelCase, except for those in `renamed`.
    """

    renamed: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def key(cls, name: str) -> str:
        """The name of an argument in Pulumi's state."""
        first, *others = name.split("_")
        return cls.renamed.get(name, first + "".join(word.capitalize() for word in others))

    def inputs(self) -> dict[str, Any]:
        """The properties that the program gives to Pulumi's engine."""
        return {self.key(field.name): vars(self)[field.name] for field in fields(self)}

    @classmethod
    def known(cls, props: Mapping[str, Any]) -> Self:
        """The arguments from the properties that Pulumi's engine gives to the step."""
        # Pulumi's engine leaves out a None, and carries every number as a float.
        values = {field.name: props.get(cls.key(field.name)) for field in fields(cls)}
        whole = [field.name for field in fields(cls) if field.type is int]
        return cls(**values | {name: int(values[name] or 0) for name in whole})


Args = TypeVar("Args", bound=StepArgs)


class StepProvider(ResourceProvider, ABC, Generic[Args]):
    """Runs a step when it is new, and again when an argument named in `triggers` changes.

    A `run` that raises leaves the old inputs in the state, so the next `pulumi up` runs it again.
    """

    arguments: ClassVar[type[StepArgs]]
    triggers: ClassVar[tuple[str, ...]]

    @abstractmethod
    def run(self, args: Args, previous: Args | None) -> Mapping[str, Any]:
        """Carry out the step; returns its outputs beyond its inputs.

        `previous` are the arguments of the last run that ended well. Raises StepFailed.
        """

    @abstractmethod
    def identity(self, args: Args, outputs: Mapping[str, Any]) -> str:
        """The resource's id."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        """How it is kept in a stack's state: by the name of the step alone."""
        return providers.restore, (providers.step_of(type(self)),)

    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Whether a trigger changed: anything else, the provider itself included, did not."""
        keys = [self.arguments.key(name) for name in self.triggers]
        return DiffResult(changes=any(_olds.get(key) != _news.get(key) for key in keys))

    def create(self, props: dict[str, Any]) -> CreateResult:
        """Run the step for the first time."""
        outputs = self._run(props, previous=None)
        identity = self.identity(self._known(props), outputs)
        return CreateResult(id_=identity, outs={**props, **outputs})

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Run the step again."""
        return UpdateResult(outs={**_news, **self._run(_news, previous=_olds)})

    def _run(self, props: dict[str, Any], *, previous: dict[str, Any] | None) -> Mapping[str, Any]:
        try:
            return self.run(self._known(props), self._known(previous) if previous else None)
        except Exception as error:
            if os.environ.get(DEBUG):
                traceback.print_exc()
            if isinstance(error, (DockerException, RequestException)):
                error = StepFailed(_refused(error, props))
            if isinstance(error, StepFailed):
                failure.end_call(error)
            raise error  # noqa: TRY201 - not always the one that was caught

    def _known(self, props: Mapping[str, Any]) -> Args:
        return cast(Args, self.arguments.known(props))


def _refused(error: Exception, props: Mapping[str, Any]) -> str:
    return (
        f"Docker Engine at {props['endpoint']} refused a step of the release: {error}\n"
        "  Fix the cause, then run the same command again."
    )


class Step(Resource):
    """A resource whose creation and update run `provider`."""

    def __init__(
        self,
        name: str,
        provider: StepProvider[Any],
        inputs: Mapping[str, Any],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(provider, name, {**inputs}, opts)
