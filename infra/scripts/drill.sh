#!/bin/bash
# drill.sh: restore the newest backup beside the live database and prove that it is whole.
#
# The restored database answers on a socket in this container only: no network, no port.
. "$(dirname "$0")/repository.sh"
SCRATCH=$ROOT/drill
SOCKET=/tmp/drill
COUNTS=/tmp/drill-rows
began=$SECONDS

scratch() { pg_ctl -D "$SCRATCH" -s "$@"; }

tidy() {
    scratch -m immediate stop 2> /dev/null || true
    rm -rf "$SCRATCH" "$SOCKET" "$COUNTS".* /tmp/drill.log
}

broken() {
    [ ! -e /tmp/drill.log ] || tail -n 15 /tmp/drill.log
    record drill false $((SECONDS - began)) "$1"
    fail "DRILL FAILED: $1"
}

room() {
    local needed free
    needed=$(answer "$NUMBER" "SELECT trunc(sum(pg_database_size(oid)) * 12 / 10) FROM pg_database") \
        || broken "the live database does not answer"
    free=$(df --output=avail -B1 "$ROOT" | tail -n 1)
    [ "$free" -gt "$needed" ] || broken "no room to restore: $(mebibytes "$needed") MiB needed, $(mebibytes "$free") free"
}

fetch() {
    # The restored database must hold everything that was committed until now.
    committed=$(answer "$PLACE" 'SELECT pg_current_wal_flush_lsn()') || broken "the live database does not answer"
    local live newest timeline=current
    live=$(answer "$TIMELINE" 'SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)') \
        || broken "the live database does not answer"
    newest=$(repository --output=json info | jq -r '[.[].backup[].archive.stop // ""] | last // "" | .[:8]')
    # After a restore, until there is a backup of it. By number its history must be in the archive.
    [ "$newest" = "$live" ] || timeline=$(printf '%d' "0x$live")
    rows > "$COUNTS.live"
    repository check || broken "the log of the live database does not reach the repository"
    install -d -m 0700 "$SCRATCH" "$SOCKET"
    say "Restoring the newest backup beside the live database"
    repository --pg1-path="$SCRATCH" --archive-mode=off --target-timeline="$timeline" \
        --recovery-option=restore_command="pgbackrest --pg1-path=$SCRATCH --stanza=$STANZA archive-get %f \"%p\"" \
        restore || broken "the newest backup cannot be restored"
}

start() {
    scratch -w -t 86400 -l /tmp/drill.log start -o "-c listen_addresses='' \
        -c unix_socket_directories=$SOCKET -c fsync=off -c shared_buffers=64MB" \
        || broken "the restored database does not start"
    until [ "$(PGHOST=$SOCKET ask 'SELECT pg_is_in_recovery()')" = f ]; do
        scratch status > /dev/null || broken "the restored database ends before it has read the whole log"
        sleep 0.5
    done
    local reached
    reached=$(PGHOST=$SOCKET ask "SELECT pg_last_wal_replay_lsn() >= '$committed'")
    [ "$reached" = t ] || broken "the archived log ends before $committed, which was committed"
    PGHOST=$SOCKET rows > "$COUNTS.restored"
}

# While the drill ran, the live database went on: a tenth, or a thousand rows, may differ.
compare() {
    local off
    off=$(join -a 1 -e 0 -o 0,1.2,2.2 -t'|' "$COUNTS.live" "$COUNTS.restored" | awk -F'|' '
        { d = $2 - $3; if (d < 0) d = -d; if (d > 1000 && d > $2 / 10) print $1 ": " $3 " of " $2 }')
    [ -z "$off" ] || broken "rows are missing: $(LC_ALL=C tr -cd '\12\40-\176' <<< "$off")"
    [ "$(wc -l < "$COUNTS.live")" = "$(wc -l < "$COUNTS.restored")" ] || broken "the tables differ"
    restored=$(awk -F'|' '{ n += $2 } END { print n + 0 }' "$COUNTS.restored")
    live=$(awk -F'|' '{ n += $2 } END { print n + 0 }' "$COUNTS.live")
}

inspect() {
    say "Checking every table and index"
    PGHOST=$SOCKET pg_amcheck --install-missing --heapallindexed --parent-check --jobs=2 "$PGDATABASE" \
        || broken "pg_amcheck found damage"
    scratch -w stop
    ! pg_controldata "$SCRATCH" | grep -q 'page checksum version: *[1-9]' \
        || pg_checksums --check -D "$SCRATCH" > /tmp/drill.log || broken "damaged pages"
    say "Checking every file of the repository"
    # It exits 0 whatever it finds.
    if ! repository --output=text verify > /tmp/drill.log || grep -q 'status: error' /tmp/drill.log; then
        broken "the repository is damaged"
    fi
    ! has_copies || restic check --quiet --read-data --retry-lock 10m \
        || broken "the copy of the uploads is damaged"
}

logged
alone
trap tidy EXIT
tidy
room
fetch
start
compare
inspect
detail="$restored rows in $(wc -l < "$COUNTS.restored") tables, live: $live"
record drill true $((SECONDS - began)) "$detail"
say "Drill passed in $((SECONDS - began)) s: $detail, everything committed until it began, no damage"
