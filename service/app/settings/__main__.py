"""Reads the settings and ends: `python -m app.settings`, before a deployment changes anything.

Exit 78 (EX_CONFIG of sysexits.h) when one is missing or wrong, with one line for each.
"""

import sys

from app.settings import Settings, SettingsError, load

REFUSED = 78


def main() -> int:
    """Print a line for each setting that is missing or wrong, without its value."""
    try:
        load(Settings)
    except SettingsError as problem:
        print("\n".join(problem.lines))
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
