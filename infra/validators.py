"""Settings as fields of pydantic models, and the line that a person reads for a bad value."""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin

import pulumi
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo


class Settings(BaseModel):
    """Settings by their names in Python; in the configuration they are the same in camelCase."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, extra="ignore", arbitrary_types_allowed=True
    )

    @classmethod
    def by_key(cls) -> dict[str, FieldInfo]:
        """The fields, by the key that the configuration has for them."""
        return {field.alias or name: field for name, field in cls.model_fields.items()}


Model = TypeVar("Model", bound=Settings)


def read(model: type[Model], values: Mapping[str, Any]) -> tuple[Model | None, list[str]]:
    """The settings in `values`, and the keys that are refused; None where there are any."""
    try:
        return model.model_validate(values), []
    except ValidationError as error:
        keys = (str(problem["loc"][0]) for problem in error.errors(include_url=False))
        # Of a list, each bad item is a problem of its own.
        return None, list(dict.fromkeys(keys))


def described(words: str, example: str, **constraints: Any) -> Any:
    """A field that accepts what `words` say; `example` is for `pulumi config set`."""
    return Field(description=words, examples=[example], **constraints)


def between(low: int, high: int, *, example: int) -> Any:
    """A field for whole numbers from `low` to `high`, both included."""
    return described(f"a whole number from {low} to {high}", str(example), ge=low, le=high)


def matching(pattern: str, words: str, example: str) -> Any:
    """A field for text that `pattern` matches whole."""
    return described(words, example, pattern=f"^(?:{pattern})$")


def matching_or_empty(pattern: str, words: str, example: str = '""') -> Any:
    """A field for text that `pattern` matches whole, empty by default."""
    return described(words, example, pattern=f"^(?:{pattern})?$", default="")


def _items(text: str) -> list[str]:
    return [item.strip() for line in text.splitlines() for item in line.split(",") if item.strip()]


LISTED = BeforeValidator(_items)
"""A text with commas or line breaks is a list."""


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


TRUTH = BeforeValidator(_truth)
"""A truth value is true or false, not one of pydantic's many other words for it."""


def secret(shortest: int) -> BeforeValidator:
    """A text of at least `shortest` characters is a secret output."""

    def checked(text: str) -> pulumi.Output[str]:
        if len(text) < shortest:
            raise ValueError
        return pulumi.Output.secret(text)

    return BeforeValidator(checked)


def parsed(parse: Callable[[str], object]) -> BeforeValidator:
    """A text that `parse` accepts, written as `parse` writes it."""
    return BeforeValidator(lambda text: str(parse(text)))


def lines(model: type[Settings], values: Mapping[str, str], keys: Iterable[str]) -> list[str]:
    """The lines for the `keys` whose values the model does not accept."""
    return [refused(key, values.get(key), model.by_key()[key]) for key in keys]


def refused(key: str, value: str | None, field: FieldInfo) -> str:
    """The line for a value that its field does not accept."""
    was = "is not set" if value is None else f"is {json.dumps(value)}"
    words = choices(field)
    accepted = field.description or " or ".join(words)
    example = field.examples[0] if field.examples else words[0]
    return f"{full(key)} {was}; accepted: {accepted}. Fix: pulumi config set {full(key)} {example}"


def choices(field: FieldInfo) -> tuple[str, ...]:
    """The values of a field that accepts a few."""
    return get_args(field.annotation) if get_origin(field.annotation) is Literal else ()


def conflicting(key: str, value: str, *, accepted: str, fix: str) -> str:
    """The line for a value that is fine alone but not with the others; `fix` follows `config`."""
    return f"{full(key)} is {json.dumps(value)}; accepted: {accepted}. Fix: pulumi config {fix}"


def full(key: str) -> str:
    """The key as `pulumi config` takes it."""
    return f"{pulumi.get_project()}:{key}"
