"""Valid bodies and paths of every operation, made from the OpenAPI schema."""

import copy
import re
from collections.abc import Iterable, Iterator
from typing import Any

Keys = tuple[str | int, ...]


def sample(schema: dict[str, Any], root: dict[str, Any]) -> Any:
    """A valid value of a schema."""
    if reference := schema.get("$ref"):
        return sample(root["components"]["schemas"][reference.rpartition("/")[2]], root)
    if options := schema.get("anyOf") or schema.get("allOf"):
        return sample(options[0], root)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type"):
        case "object":
            return {
                name: sample(field, root) for name, field in schema.get("properties", {}).items()
            }
        case "array":
            return [sample(schema["items"], root)]
        case "integer" | "number":
            return 1
        case "boolean":
            return True
        case _ if schema.get("format") == "date":
            return "2030-01-01"
        case _:
            return "long enough"


def places(value: Any, here: Keys = ()) -> Iterator[Keys]:
    """The place of each value in a body, and of the body itself."""
    yield here
    children: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for key, child in children:
        yield from places(child, (*here, key))


def at(value: Any, place: Keys) -> Any:
    for key in place:
        value = value[key]
    return value


def replaced(body: Any, place: Keys, value: Any) -> Any:
    if not place:
        return value
    copied = copy.deepcopy(body)
    at(copied, place[:-1])[place[-1]] = value
    return copied


def operations(schema: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Method, path and a valid body of each operation that takes JSON."""
    listed = []
    for path, item in schema["paths"].items():
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                body = sample(content["application/json"]["schema"], schema)
                listed.append((method.upper(), path, body))
    return listed


def filled(path: str) -> str:
    """The path with values for its parameters: ids are 1."""
    path = path.replace("{username}", "bobby").replace("{tag}", "tag").replace("{extension}", "png")
    return re.sub(r"\{\w+\}", "1", path)
