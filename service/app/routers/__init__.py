"""The HTTP side: each router translates between the wire and the domain."""

from app.routers import (
    activity,
    auth,
    comments,
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
    stats.router,
    shares.router,
    tasks.router,
    comments.router,
    activity.router,
)
