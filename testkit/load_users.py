"""Those who use a deployment under load, and what they were promised."""

from dataclasses import dataclass
from functools import cache

from testkit.user import User

# With one more, who collects, as many as may log in within a minute.
USERS = 4
# Enough that not all clients wait for the lock of one row, few enough for an hour's limit.
TASKS = 4


@dataclass(frozen=True)
class Crowd:
    """Users with tasks of their own to work on, and one task that only collects comments.

    It is another user's, so that what is collected is not in what the others read.
    """

    members: tuple[tuple[User, int], ...]
    collecting: User
    collector: int

    def comments(self) -> set[int]:
        """The comments that are there now."""
        return self.collecting.comments(self.collector)


@cache
def crowd(url: str) -> Crowd:
    """The one of the deployment at `url`: registrations and logins are limited."""
    collecting = User.register(url)
    collector = collecting.add_task("collects")
    users = [User.register(url) for _ in range(USERS)]
    for user in users:
        collecting.share(collector, user)
    # One after the other, so that a few clients are different users.
    members = [(user, user.add_task("under load")) for _ in range(TASKS) for user in users]
    return Crowd(tuple(members), collecting, collector)
