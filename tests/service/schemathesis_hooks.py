"""Values of the formats that the schema names, and a logout that ends no token of the run."""

import os
from typing import Any

import schemathesis
from hypothesis import strategies

from app.schemas.names import LONGEST_USERNAME, PATH_CHARACTERS, check_username


def _is_accepted(name: str) -> bool:
    try:
        check_username(name)
    except ValueError:
        return False
    return True


# The categories are those of INVISIBLE.
CHARACTERS = strategies.characters(
    exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp"), exclude_characters=PATH_CHARACTERS
)
USERNAMES = strategies.text(CHARACTERS, min_size=3, max_size=LONGEST_USERNAME)

schemathesis.openapi.format("username", USERNAMES.filter(_is_accepted))


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Logs another user out: without a valid token, all later requests would be 401."""
    if case.operation.path == "/auth/logout" and "Authorization" in case.headers:
        case.headers["Authorization"] = f"Bearer {os.environ['OTHER_TOKEN']}"
