#!/bin/sh
# Serves, or runs the given command instead: `alembic upgrade head` in the migration container.
set -eu

if [ "$#" -gt 0 ]; then
    exec "$@"
fi

# Each worker writes its metrics here, and /metrics adds them up. In memory, as the file system may be
# read-only. Files of an earlier start would be added too, so they are removed.
if [ "${WEB_CONCURRENCY:-1}" -gt 1 ]; then
    export PROMETHEUS_MULTIPROC_DIR="${PROMETHEUS_MULTIPROC_DIR:-/dev/shm/metrics}"
    mkdir -p "$PROMETHEUS_MULTIPROC_DIR"
    rm -f "$PROMETHEUS_MULTIPROC_DIR"/*.db
fi

# The proxy keeps idle connections open: a server that closes one first loses the request that is on
# its way. STOP_SECONDS is longer than the proxy drains and shorter than Docker waits before it kills.
# The app reads forwarded headers itself, as it knows the trusted proxies.
exec uvicorn app.main:create_app --factory \
    --host 0.0.0.0 --port 8000 --loop uvloop --http bounded_protocol:BoundedProtocol --lifespan on \
    --workers "${WEB_CONCURRENCY:-1}" \
    --timeout-keep-alive 3600 --timeout-graceful-shutdown "${STOP_SECONDS:-35}" \
    --no-proxy-headers --no-access-log --no-server-header
