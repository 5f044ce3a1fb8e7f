"""How a command ends that does not do its work: the statuses, and the errors that carry them."""

from infra.errors import UserError

FAILED, MISUSED = 1, 2
INTERRUPTED, PIPE_CLOSED = 130, 141
"""As a shell reports a command that SIGINT or SIGPIPE has ended."""


class WrongArgumentError(UserError):
    """A value of the command line that is not accepted; nothing was changed."""


class Interrupted(KeyboardInterrupt):
    """Ctrl-C in the middle of something; the text says how to go on."""
