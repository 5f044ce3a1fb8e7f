"""The routers. Each translates between HTTP and the services."""

from app.api.routers import (
    activity,
    auth,
    avatars,
    comments,
    files,
    logout,
    notifications,
    pages,
    password_reset,
    shares,
    stats,
    system,
    tasks,
    users,
)

# stats and shares come before tasks, so that their literal paths win over /tasks/{task_id}.
ALL = (
    system.router,
    pages.router,
    auth.router,
    logout.router,
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
