#!/bin/bash
# The backup container's program: the database once a day at BACKUP_TIME (UTC), full once a week,
# the uploads every hour, a drill once a week.
. "$(dirname "$0")/repository.sh"
export SCHEDULED=1
HERE=$(dirname "$0")
RETRY_SECONDS=900

run() { bash "$HERE/$1.sh" "${@:2}"; }

daily() {
    # The deployment does that, and fails when the repository cannot be used.
    until [ -e "$STATUS/checked" ]; do sleep 1; done
    # Without a first backup there is nothing to go back to.
    until [ -e "$STATUS/full" ] || { run backup database && touch "$STATUS/daily"; }; do
        sleep 60
    done
    while :; do
        # Late by up to a day is better than not at all: the machine may have been off.
        snooze -t "$STATUS/daily" -s 86400 -H "${BACKUP_TIME%:*}" -M "${BACKUP_TIME#*:}" true
        if run backup database && run backup forget; then
            touch "$STATUS/daily"
            younger "$STATUS/drill.last" "$NEARLY_A_WEEK" || run drill || true
        else
            sleep "$RETRY_SECONDS"
        fi
    done
}

hourly() {
    run backup uploads || true
    while :; do
        snooze -H '*' -M 7 true
        run backup uploads || true
    done
}

trap 'kill $(jobs -p); exit 0' TERM INT
say "Backups every day at $BACKUP_TIME UTC, kept for $BACKUP_WEEKS weeks"
daily &
hourly &
wait
