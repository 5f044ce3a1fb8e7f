"""Compare testkit/fake_aws/schema.yaml with the sources of the provider that pulumi-aws bridges.

`python -m dev.aws_schema FOLDER`, where FOLDER is a checkout of hashicorp/terraform-provider-aws
in the version that the pinned pulumi-aws has. It prints a line for each difference.
"""

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from testkit.fake_aws.kinds import Schema, schemas

# gofmt indents with tabs, and a schema is one literal: no parser of Go is needed.
OPENING = re.compile(
    r"^(?:\t+Schema: +|\t+\w+Schema = |\t+return )map\[string\]\*schema\.Schema\{$"
    r"|^\t+Attributes: +map.*\{$",
    re.M,
)
ATTRIBUTE = re.compile(r'^(?:"(\w+)"|names\.Attr(\w+)): +')
REPLACING = re.compile(r"ForceNew: +true|RequiresReplace(?:If\w*)?\(")
SOMETIMES = re.compile(r'\.ForceNew(?:If)?\((?:"(\w+)"|names\.Attr(\w+))[,)]')
EXCLUDING = re.compile(r"(?:ConflictsWith|ExactlyOneOf): +\[\]string\{(.*?)\}", re.S)
EXACTLY_ONE = re.compile(r"resourcevalidator\.ExactlyOneOf\((.*?)\n\t\t\)", re.S)
NAME = re.compile(r'"(\w+)"|names\.Attr(\w+)')
RENAMED = {"alarm_name": "name", "topic_arn": "topic"}
"""Terraform's names that pulumi-aws changes, beside the plural of lists."""
ENDINGS = {"ies": "y", "sses": "ss", "ases": "as", "ss": "ss", "ias": "ias", "s": ""}


@dataclass(frozen=True, kw_only=True)
class Facts:
    """The names of one type's inputs, in the singular, as `differences` compares them.

    replaces: each change replaces the resource.
    partly: a change of some parts replaces it.
    sometimes: code decides by the values whether a change replaces it.
    conflicts: pairs that exclude each other.
    """

    replaces: frozenset[str]
    partly: frozenset[str]
    sometimes: frozenset[str]
    conflicts: frozenset[tuple[str, ...]]


def of_source(text: str) -> Facts:
    """The facts in a Go file; raises ValueError when it defines no schema."""
    replaces: set[str] = set()
    partly: set[str] = set()
    conflicts: set[tuple[str, ...]] = set()
    for name, own, nested in _attributes(text):
        if REPLACING.search(own):
            replaces.add(name)
        elif REPLACING.search(nested):
            partly.add(name)
        for group in EXCLUDING.findall(own):
            others = {_named(*match) for match in NAME.findall(group)} - {name}
            conflicts |= {_pair(name, other) for other in others}
    for group in EXACTLY_ONE.findall(text):
        names = [_named(*match) for match in NAME.findall(group)]
        conflicts |= {_pair(*pair) for pair in combinations(names, 2)}
    sometimes = {_named(*match) for match in SOMETIMES.findall(text)}
    return Facts(
        replaces=frozenset(replaces),
        partly=frozenset(partly),
        # `launch_template.0.version` has another form, and is a part of what replaces anyway.
        sometimes=frozenset(sometimes - replaces),
        conflicts=frozenset(conflicts),
    )


def of_data(schema: Schema) -> Facts:
    """The facts in schema.yaml."""
    pairs = (pair for group in schema.conflicts for pair in combinations(group, 2))
    return Facts(
        # `region` is no attribute of a file: the provider adds it to every regional type.
        replaces=frozenset(_of_camel(key) for key in schema.replaces - {"region"}),
        partly=frozenset(map(_of_camel, schema.partly)),
        sometimes=frozenset(map(_of_camel, schema.sometimes)),
        conflicts=frozenset(_pair(_of_camel(one), _of_camel(other)) for one, other in pairs),
    )


def differences(schema: Schema, text: str) -> list[str]:
    """A line for each difference between the data on a type and its source `text`."""
    source, data = of_source(text), of_data(schema)
    return [
        f"{name}: {verb} {where}"
        for verb, of_one, of_other in (
            ("replaces", source.replaces, data.replaces),
            ("replaces by a part of it", source.partly, data.partly),
            ("replaces for some values", source.sometimes, data.sometimes),
            ("exclude each other", _joined(source.conflicts), _joined(data.conflicts)),
        )
        for where, names in (
            ("only in the source", of_one - of_other),
            ("only in the data", of_other - of_one),
        )
        for name in sorted(names)
    ]


def _attributes(text: str) -> Iterator[tuple[str, str, str]]:
    """The name, the own lines and the nested lines of each attribute of the first schema."""
    if not (opening := OPENING.search(text)):
        raise ValueError("no schema in this file")
    depth = len(opening[0]) - len(opening[0].lstrip("\t")) + 1
    name, own, nested = "", "", ""
    for line in text[opening.end() + 1 :].splitlines():
        indent = len(line) - len(line.lstrip("\t"))
        if line.strip() and indent < depth:
            break
        if indent == depth and (match := ATTRIBUTE.match(line.strip())):
            if name:
                yield name, own, nested
            name, own, nested = _named(match[1], match[2]), line, ""
        elif indent > depth + 1 and "Elem:" in own:
            nested += f"{line}\n"
        else:
            own += f"{line}\n"
    if name:
        yield name, own, nested


def _named(literal: str, constant: str) -> str:
    """The name that a literal, or a constant of the provider such as AttrVPCID, stands for."""
    if literal:
        return _singular(RENAMED.get(literal, literal))
    separated = re.sub(r"(ID|ARN)s?$|^(VPC|KMS|IAM)", r"_\1\2_", constant)
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]+", separated)
    return _named("_".join(word.lower() for word in words), "")


def _of_camel(key: str) -> str:
    return _singular(re.sub(r"[A-Z]", lambda letter: f"_{letter[0].lower()}", key))


def _singular(name: str) -> str:
    # pulumi-aws has a list in the plural.
    for plural, singular in ENDINGS.items():
        if name.endswith(plural):
            return name.removesuffix(plural) + singular
    return name


def _pair(one: str, other: str) -> tuple[str, ...]:
    return tuple(sorted((one, other)))


def _joined(pairs: frozenset[tuple[str, ...]]) -> set[str]:
    return {" and ".join(pair) for pair in pairs}


def main(folder: str) -> None:
    """Print the differences by type."""
    for token, schema in sorted(schemas().items()):
        text = Path(folder, "internal", "service", schema.source).read_text()
        for line in differences(schema, text):
            sys.stdout.write(f"{token}: {line}\n")


if __name__ == "__main__":
    main(sys.argv[1])
