"""The one error that a person can mend."""


class UserError(Exception):
    """Something a person can mend.

    The text says what was wrong, with its value, what is accepted, and the command that fixes it.
    """
