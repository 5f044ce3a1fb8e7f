"""The errors of the application, each with its HTTP status and body."""

from typing import Any

LONGEST_QUOTE = 50


def quoted(value: str) -> str:
    """A client's text in quotes, cut to what reads well within a sentence."""
    readable = "".join(character if character.isprintable() else " " for character in value)
    short = readable if len(readable) <= LONGEST_QUOTE else f"{readable[:LONGEST_QUOTE]}…"
    return f"'{short}'"


class ServiceError(Exception):
    """An answer other than success. `detail` is one sentence, which clients show to people."""

    status = 400

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    @property
    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        return {"detail": self.detail}

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the answer carries beside its body."""
        return {}


class BadRequest(ServiceError):
    """The request is well formed but not possible in the present state."""


class NotAuthenticated(ServiceError):
    """No valid token."""

    status = 401

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the answer carries beside its body."""
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(ServiceError):
    """The caller may read the resource but not do this to it."""

    status = 403


class NotFound(ServiceError):
    """The resource does not exist."""

    status = 404


class Conflict(ServiceError):
    """The resource exists already."""

    status = 409


class PreconditionFailed(ServiceError):
    """The resource is not as the client saw it (If-Match)."""

    status = 412


class Unprocessable(ServiceError):
    """A value that a parser or the database refuses; answered as a failed validation."""

    status = 422

    @property
    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        problem = {"type": "value_error", "loc": ["body"], "msg": self.detail}
        return {"detail": self.detail, "errors": [problem]}


class TooManyRequests(ServiceError):
    """The caller has used up a rate limit."""

    status = 429

    def __init__(self, limit: str, retry_after: int) -> None:
        super().__init__(f"Too many requests: wait {retry_after} s and try again")
        self.limit = limit
        self.retry_after = retry_after

    @property
    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        return {**super().body, "error": f"Rate limit exceeded: {self.limit}"}

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the answer carries beside its body."""
        return {"Retry-After": str(self.retry_after)}


class Failed(ServiceError):
    """The file store or the mail server failed."""

    status = 500


class Unavailable(ServiceError):
    """The database does not answer, or this instance is overloaded."""

    status = 503

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the answer carries beside its body."""
        return {"Retry-After": "1"}


class DomainError(ServiceError):
    """An error with a title: `{"detail": …, "error": title, "message": …, …extra}`."""

    title = "Error"

    def __init__(self, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.extra = extra

    @property
    def body(self) -> dict[str, Any]:
        """The answer's JSON."""
        return {**super().body, "error": self.title, "message": self.detail, **self.extra}


class TaskNotFound(DomainError):
    """No task has this id."""

    status = 404
    title = "Task not found"

    def __init__(self, task_id: int) -> None:
        super().__init__(f"Task {task_id} does not exist", task_id=task_id)


class PermissionDenied(DomainError):
    """The caller's level on the task is too low."""

    status = 403
    title = "Permission denied"


class TagNotFound(DomainError):
    """The task does not carry the tag."""

    status = 404
    title = "Tag not found"

    def __init__(self, task_id: int, tag: str) -> None:
        super().__init__(f"Task {task_id} has no tag {quoted(tag)}", task_id=task_id, tag=tag)


class NameTaken(DomainError):
    """Another account has this username or email."""

    status = 409
    title = "Already registered"

    def __init__(self, field: str) -> None:
        super().__init__(f"This {field} is taken", field=field)


class WrongCredentials(DomainError):
    """Login refused; the text does not say whether the name or the password was wrong."""

    status = 401
    title = "Invalid credentials"

    def __init__(self) -> None:
        super().__init__("Incorrect username or password")

    @property
    def headers(self) -> dict[str, str]:
        """Headers that the answer carries beside its body."""
        return {"WWW-Authenticate": "Bearer"}
