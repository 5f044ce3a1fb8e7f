#!/bin/sh
# Serves, or runs the given command instead: `alembic upgrade head` in the migration container.
set -eu

if [ "$#" -gt 0 ]; then
    exec "$@"
fi

# The proxy never closes an idle connection of its own accord: the server must not be the first to
# hang up, or a request on its way at that moment is lost. STOP_SECONDS is longer than the proxy
# drains and shorter than Docker waits before it kills.
# Forwarded headers are read by the app itself, which knows whom to believe.
exec uvicorn app.main:create_app --factory \
    --host 0.0.0.0 --port 8000 --loop uvloop --http httptools --lifespan on \
    --workers "${WEB_CONCURRENCY:-1}" \
    --timeout-keep-alive 3600 --timeout-graceful-shutdown "${STOP_SECONDS:-35}" \
    --no-proxy-headers --no-access-log --no-server-header
