#!/bin/bash
# The state of backups, as JSON: the last try and the last success of each, the log archive, a
# restore that has not ended; with `full`, every backup too.
. "$(dirname "$0")/repository.sh"
LATE_MINUTES=5

# null where there is none; one that a full disk left empty is none.
entry() { jq -ce . "$STATUS/$1" 2> /dev/null || echo null; }

tries() {
    jq -nc --argjson last "$(entry "$1.last")" --argjson good "$(entry "$1.good")" '$ARGS.named'
}

archive() {
    ask "SELECT json_build_object('archived', extract(epoch FROM last_archived_time)::bigint,
        'failing', coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false),
        'waiting', $(find "$DATA/pg_wal/archive_status" -name '*.ready' -mmin +$LATE_MINUTES 2> /dev/null | wc -l))
        FROM pg_stat_archiver" 2> /dev/null || echo null
}

# An undo moves the files that were put aside, a restore those that were fetched.
begun() {
    [ -e "$BEGUN" ] || { echo null; return; }
    local kind to at=moved waiting=$FETCHED
    read -r kind to < "$BEGUN" || true
    [ "$kind" = restore ] || waiting=$EARLIER
    [ ! -d "$waiting" ] || at=ready
    [ ! -e "$MOVING" ] || at=moving
    jq -nc --arg kind "$kind" --arg to "$to" --arg at "$at" '$ARGS.named'
}

# The reason why a repository cannot be read quotes what is in it. By standard input, as all backups
# may be longer than an argument.
full() {
    local system timeline
    system=$(control 'Database system identifier')
    timeline=$(control "Latest checkpoint's TimeLineID")
    repository --output=json info | tr -d '\11\12' | jq -c \
        --argjson system "${system:-0}" --argjson timeline "${timeline:-0}" \
        --argjson timelines "$({ cat "$TIMELINES" 2> /dev/null || true; } | jq -cs .)" \
        --argjson aside "$([ -d "$EARLIER" ] && echo true || echo false)" \
        '{version: 2, repository: .} + $ARGS.named'
}

uploads=null
[ ! -d "$UPLOADS" ] || uploads=$(tries uploads)
more={}
[ "${1:-}" != full ] || more=$(full)
# `since`: a backup that is missing may not have been due yet.
jq -c --argjson since "$(stat -c %W "$STATUS")" --argjson database "$(tries database)" \
    --argjson uploads "$uploads" --argjson drill "$(tries drill)" \
    --argjson archive "$(archive)" --argjson begun "$(begun)" \
    '{now: (now | floor)} + $ARGS.named + . | if .uploads then . else del(.uploads) end' <<< "$more"
