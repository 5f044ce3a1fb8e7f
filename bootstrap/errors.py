"""The one error that a person sees: what is wrong and what to do, without a traceback."""

import errno


class SetupError(Exception):
    """Something a person can mend; the text says how."""


def explain(error: OSError) -> str:
    """An operating system's error in plain words with the way out."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno == errno.ENOSPC:
        return f"The disk is full{where}. Free some gigabytes and run this again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"No permission to read or write{where}. Give it to the user you are; the cache may "
            "also lie elsewhere: set XDG_CACHE_HOME."
        )
    return f"{error.strerror or error}{where}"
