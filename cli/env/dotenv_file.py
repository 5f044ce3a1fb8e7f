"""A dotenv file, read as python-dotenv reads it or as docker's `--env-file` does."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from dotenv.parser import parse_stream

from infra.errors import UserError

SECRET_NAME = re.compile(
    r"SECRET|PASSW|PASSPHRASE|TOKEN|CREDENTIAL|PRIVATE|SALT|DSN|(^|_)(API_?)?KEY(_|$)",
    re.IGNORECASE,
)
SECRET_VALUE = re.compile(r"://[^/@\s]*:[^/@\s]+@|-----BEGIN [A-Z ]*PRIVATE KEY")
REFERENCE = re.compile(r"\$\{\w+")


@dataclass(frozen=True, kw_only=True)
class DotenvFile:
    """The content of a dotenv file.

    texts: the values, by name.
    differing: the names whose values the other way of reading would read differently.
    """

    texts: dict[str, str]
    differing: list[str] = field(default_factory=list[str])

    @property
    def references(self) -> list[str]:
        """The names whose values mention another variable, which stays as it is written."""
        return [name for name, text in self.texts.items() if REFERENCE.search(text)]

    def secrets(self) -> list[str]:
        """The names that look like those of secrets, or whose value holds a password."""
        return [
            name
            for name, text in self.texts.items()
            if SECRET_NAME.search(name) or SECRET_VALUE.search(text)
        ]


def parse(text: str, *, literal: bool) -> DotenvFile:
    """The values in `text`; `literal` as docker does: all behind the first `=`.

    Raises UserError with a line for each problem, without a value.
    """
    read, other = (_literal, _quoted) if literal else (_quoted, _literal)
    problems: list[str] = []
    texts = dict(read(text, problems))
    if problems:
        raise UserError("\n".join([*problems, "Nothing was changed."]))
    others = dict(other(text, []))
    differing = [name for name, value in texts.items() if others.get(name) != value]
    return DotenvFile(texts=texts, differing=differing)


def _quoted(text: str, problems: list[str]) -> Iterator[tuple[str, str]]:
    for binding in parse_stream(io.StringIO(text)):
        line = binding.original.line
        if binding.error:
            problems.append(f"Line {line} is not NAME=value; accepted: NAME=value, or # a comment.")
        elif binding.key is not None and binding.value is None:
            problems.append(f"Line {line} has no value; accepted: NAME=value, or # a comment.")
        elif binding.key is not None and binding.value is not None:
            yield binding.key, binding.value


def _literal(text: str, problems: list[str]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(text.split("\n"), start=1):
        line = line.removesuffix("\r")
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = line.lstrip().partition("=")
        if equals:
            yield name, value
        else:
            problems.append(f"Line {number} has no value; accepted: NAME=value, or # a comment.")


def write(texts: dict[str, str]) -> str:
    """A dotenv file with `texts`, which python-dotenv and shells read alike where they can."""
    return "".join(f"{name}={_in_quotes(text)}\n" for name, text in sorted(texts.items()))


def _in_quotes(text: str) -> str:
    escaped = text.replace("\\", "\\\\")
    if "\r" in text:
        escaped = escaped.replace('"', '\\"').replace("\r", "\\r").replace("\n", "\\n")
        return f'"{escaped}"'
    return "'" + escaped.replace("'", "\\'") + "'"
