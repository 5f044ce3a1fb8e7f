"""The users of a deployment under load, and the comments that were acknowledged to them."""

from dataclasses import dataclass
from functools import cache

from testkit.user import User

# With the one who collects, as many as may log in within a minute.
USERS = 4
# Enough that not all clients wait for the lock of one row, few enough for an hour's limit.
TASKS = 4


@dataclass(frozen=True)
class LoadUsers:
    """Users with tasks of their own, and one task that only collects comments.

    members: a user and the id of one task of theirs, for each client in turn.
    collecting: the user who owns `collector`; another one, so that the others do not read it.
    collector: the id of the task that collects comments.
    """

    members: tuple[tuple[User, int], ...]
    collecting: User
    collector: int

    def comments(self) -> set[int]:
        """The comments that are there now."""
        return self.collecting.comments(self.collector)


@cache
def load_users(url: str) -> LoadUsers:
    """The users of the deployment at `url`, made once: registrations and logins are limited."""
    collecting = User.register(url)
    collector = collecting.add_task("collects")
    users = [User.register(url) for _ in range(USERS)]
    for user in users:
        collecting.share(collector, user)
    # One after the other, so that a few clients are different users.
    members = [(user, user.add_task("under load")) for _ in range(TASKS) for user in users]
    return LoadUsers(tuple(members), collecting, collector)
