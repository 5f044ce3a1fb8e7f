#!/bin/bash
# The backup container's program where metrics are read from logs: schedule.sh, and every minute a line
# of JSON with the database's connections, the sessions that wait for a lock, and the age of the last
# good backup.
# In the container they are in one folder.
# shellcheck source=../repository.sh
. "$(dirname "$0")/repository.sh"
EVERY_SECONDS=60

# In hours; NULL before the first one.
age() {
    local good
    good=$(stat -c %Y "$STATUS/database.good" 2> /dev/null) || { echo NULL; return; }
    echo "round((extract(epoch FROM now()) - $good) / 3600, 2)"
}

report() {
    while :; do
        # A database that is being restored does not answer; the next line does.
        ask "SELECT json_strip_nulls(json_build_object('logger', 'database',
            'connections', count(*), 'waiting', count(*) FILTER (WHERE wait_event_type = 'Lock'),
            'backup_age_hours', $(age)))
            FROM pg_stat_activity WHERE backend_type = 'client backend'" || true
        sleep "$EVERY_SECONDS"
    done
}

report &
exec bash "$(dirname "$0")/schedule.sh"
