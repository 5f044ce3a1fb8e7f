#!/bin/bash
# The state of backups, as JSON: the last try and the last success of each, the log archive, a
# restore that has not ended; with `full`, every backup too.
. "$(dirname "$0")/repository.sh"
LATE_MINUTES=5

entry() { cat "$STATUS/$1" 2> /dev/null || echo null; }

what() { echo ", \"$1\": {\"last\": $(entry "$1.last"), \"good\": $(entry "$1.good")}"; }

archive() {
    ask "SELECT json_build_object('archived', extract(epoch FROM last_archived_time)::bigint,
        'failing', coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false),
        'waiting', $(find "$DATA/pg_wal/archive_status" -name '*.ready' -mmin +$LATE_MINUTES 2> /dev/null | wc -l))
        FROM pg_stat_archiver" 2> /dev/null || echo null
}

# An undo moves the files that were put aside, a restore those that were fetched.
begun() {
    [ -e "$BEGUN" ] || { echo null; return; }
    local kind to at=moved waiting=$STAGED
    read -r kind to < "$BEGUN" || true
    [ "$kind" = restore ] || waiting=$ASIDE
    [ ! -d "$waiting" ] || at=ready
    [ ! -e "$MOVING" ] || at=moving
    echo "{\"kind\": \"$kind\", \"to\": \"$to\", \"at\": \"$at\"}"
}

full() {
    local system timeline
    system=$(control 'Database system identifier')
    timeline=$(control "Latest checkpoint's TimeLineID")
    echo ", \"system\": ${system:-0}, \"timeline\": ${timeline:-0}"
    echo ", \"timelines\": [$(paste -sd, "$TIMELINES" 2> /dev/null)]"
    echo ", \"aside\": $([ -d "$ASIDE" ] && echo true || echo false)"
    # One line of JSON; the reason why a repository cannot be read quotes what is in it.
    echo ", \"repository\": $(repository --output=json info | tr -d '\11\12')"
}

# `since`: a backup that is missing may not have been due yet.
echo "{\"now\": $(date +%s), \"since\": $(stat -c %W "$STATUS")"
what database
[ ! -d "$UPLOADS" ] || what uploads
what drill
echo ", \"archive\": $(archive)"
echo ", \"begun\": $(begun)"
[ "${1:-}" != full ] || full
echo "}"
