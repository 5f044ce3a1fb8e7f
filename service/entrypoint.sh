#!/bin/sh
# Serves, or runs the given command instead: `alembic upgrade head` in the migration container.
set -eu

if [ "$#" -gt 0 ]; then
    exec "$@"
fi

# Workers count by themselves; /metrics adds up what each writes here, in memory even where the rest
# is read-only. What an earlier start left behind would be added too.
if [ "${WEB_CONCURRENCY:-1}" -gt 1 ]; then
    export PROMETHEUS_MULTIPROC_DIR="${PROMETHEUS_MULTIPROC_DIR:-/dev/shm/metrics}"
    mkdir -p "$PROMETHEUS_MULTIPROC_DIR"
    rm -f "$PROMETHEUS_MULTIPROC_DIR"/*.db
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
