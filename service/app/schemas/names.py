"""Usernames and tags, which clients put into paths.

A browser resolves `..` and cuts at `?` and `#` before it sends a path, so that a request for one
resource would reach another. Texts that look the same become the same text by normalisation (NFKC).
"""

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, WithJsonSchema

from app.schemas.fields import WITHOUT_NUL, Stripped

MAX_TAGS = 100
SHORTEST_USERNAME, LONGEST_USERNAME = 3, 50
PATH_CHARACTERS = "/\\?#%"
DOT_SEGMENTS = {".", ".."}
# Control and format characters, surrogates, line and paragraph separators.
INVISIBLE = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def check_username(value: str) -> str:
    """The username in its stored form; raises ValueError."""
    name = unicodedata.normalize("NFKC", value)
    if not SHORTEST_USERNAME <= len(name) <= LONGEST_USERNAME:
        raise ValueError(f"must have {SHORTEST_USERNAME} to {LONGEST_USERNAME} characters")
    if any(character in name for character in PATH_CHARACTERS):
        raise ValueError(f"must not contain any of {' '.join(PATH_CHARACTERS)}")
    if any(unicodedata.category(character) in INVISIBLE for character in name):
        raise ValueError("must not contain control or format characters")
    if name != name.strip():
        raise ValueError("must not begin or end with a blank")
    return name


def check_tag(value: str) -> str:
    """The tag; raises ValueError."""
    if value in DOT_SEGMENTS:
        raise ValueError(f"must not be {value}")
    return value


def _clean(tags: list[str]) -> list[str]:
    """Removes duplicate and blank tags."""
    return [tag for tag in dict.fromkeys(tags) if tag]


# A text of dots and blanks is not a tag either once its blanks are stripped.
NEW_TAG = {"type": "string", "maxLength": 100, "pattern": r"^(?!\s*\.\.?\s*$)[^\x00]*$"}
# The rules are more than a pattern can say: `format` names them.
NewUsername = Annotated[
    str,
    StringConstraints(pattern=WITHOUT_NUL),
    AfterValidator(check_username),
    WithJsonSchema(
        {
            "type": "string",
            "format": "username",
            "minLength": SHORTEST_USERNAME,
            "maxLength": LONGEST_USERNAME,
            "description": "3 to 50 characters after NFKC normalisation; none of / \\ ? # %, no "
            "control or format characters, no blank at either end",
        }
    ),
]
Tag = Annotated[Stripped, StringConstraints(max_length=100)]
NewTag = Annotated[Tag, AfterValidator(check_tag), WithJsonSchema(NEW_TAG)]
# A change may send back tags that the task has already: only new ones are checked, by the service.
Tags = Annotated[list[Tag], Field(max_length=MAX_TAGS), AfterValidator(_clean)]
NewTags = Annotated[list[NewTag], Field(max_length=MAX_TAGS), AfterValidator(_clean)]
