"""The HTTP side: each router translates between the wire and the domain."""

from app.api.routers import (
    activity,
    auth,
    avatars,
    comments,
    files,
    notifications,
    password_reset,
    shares,
    stats,
    system,
    tasks,
    users,
)

# Literal paths win over /tasks/{task_id}: stats and shares come before tasks.
ALL = (
    system.router,
    auth.router,
    password_reset.router,
    users.router,
    avatars.router,
    avatars.public,
    stats.router,
    shares.router,
    tasks.router,
    comments.router,
    files.router,
    notifications.router,
    notifications.public,
    activity.router,
)
