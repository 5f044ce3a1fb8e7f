#!/bin/bash
# backup.sh database | uploads | check | forget: copy into the repository what has changed.
. "$(dirname "$0")/repository.sh"

check() {
    rm -f "$STATUS/checked"
    # Says so, and does nothing, where the repository knows this database.
    repository stanza-create || fail "The repository holds backups of another database than the \
one that runs. To go back to those: make restore. To begin anew: keep them elsewhere and empty the \
repository (docs/backups.md)."
    # A segment of the log is forced through the archive: what cannot be written is found out here.
    repository check
    # Another repository than before, or an emptied one: the schedule begins anew.
    repository --output=json info | grep '"label":' > /dev/null || rm -f "$STATUS/full"
    touch "$STATUS/checked"
}

database() {
    local began=$SECONDS kind=incr
    younger "$STATUS/full" "$NEARLY_A_WEEK" || kind=full
    say "Database: $kind backup of $(ask 'SELECT pg_size_pretty(pg_database_size(current_database()))')"
    if ! repository --type="$kind" backup; then
        record database false $((SECONDS - began)) "$kind"
        fail "The backup of the database failed"
    fi
    [ "$kind" = incr ] || touch "$STATUS/full"
    record database true $((SECONDS - began)) "$kind"
}

uploads() {
    local began=$SECONDS
    [ -d "$UPLOADS" ] || return 0
    # restic refuses to copy nothing.
    [ -n "$(ls -A "$UPLOADS")" ] || { record uploads true 0 "none yet"; return 0; }
    has_copies || restic init --quiet
    if ! (cd "$UPLOADS" && restic backup --host uploads --retry-lock 10m .); then
        record uploads false $((SECONDS - began)) ""
        fail "The backup of the uploads failed"
    fi
    record uploads true $((SECONDS - began)) ""
}

# As far back as the database's backups go, every copy of the uploads stays. What a restore put aside
# can be put back for a week.
forget() {
    [ -e "$BEGUN" ] || find "$ASIDE" "$UNDONE" -maxdepth 0 -ctime +6 -exec rm -rf {} + 2> /dev/null || true
    ! has_copies || restic forget --quiet --retry-lock 10m --prune \
        --keep-last 1 --keep-within "$((BACKUP_WEEKS * 7 + 7))d"
}

logged
[ "$1" = check ] || alone
"$1"
