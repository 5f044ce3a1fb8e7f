#!/bin/bash
# backup.sh database | uploads | check [first] | forget: copy into the repository what has changed.
. "$(dirname "$0")/repository.sh"
# How pgBackRest ends where the backups are another database's, and where it cannot read them.
MISMATCH=28
FORMAT=29
CRYPTO=95
# Repositories that were put aside, each under the time when it was.
KEPT=$ROOT/aside

# check [first]: make the repository this database's, and prove it usable. On the `first` deployment
# of a stack a repository that the stack's secret does not open is put aside.
check() {
    rm -f "$STATUS/checked"
    local reason
    reason=$(refusal)
    if [ "$reason" = "$LOCKED" ] && in_volume && { [ "${1:-}" = first ] || [ -n "$(opened)" ]; }; then
        put_aside
        reason=$(refusal)
    fi
    [ -z "$reason" ] || fail "$reason"
    # A segment of the log is forced through the archive: what cannot be written is found out here.
    repository check
    # Another repository than before, or an emptied one: the schedule begins anew.
    holds_backups || rm -f "$STATUS/full"
    touch "$STATUS/checked"
}

LOCKED="The backups in the repository were encrypted with another backupSecret, or are damaged. \
To go on with them: set the backupSecret that they were made with (pulumi config set --secret \
taskmanager:backupSecret), then make up. To begin anew: keep them elsewhere and empty the \
repository (docs/backups.md)."
FOREIGN="The repository holds backups of another database than the one that runs. To go back to \
those: make restore. To begin anew: keep them elsewhere and empty the repository (docs/backups.md)."

# Why the repository cannot be used; nothing where it can. It is made where there is none.
refusal() {
    local said status=0
    said=$(repository stanza-create 2>&1) || status=$?
    case $status in
        0) ! copies_locked || echo "$LOCKED" ;;
        # Data that is decrypted with another key has no form, or does not even end well.
        "$FORMAT" | "$CRYPTO") echo "$LOCKED" ;;
        "$MISMATCH") echo "$FOREIGN" ;;
        *) echo "The repository of backups cannot be used: $said" ;;
    esac
}

# Whether the repository (another one with --repo1-path) has a backup that the secret opens.
holds_backups() {
    repository "$@" --output=json info | jq -e 'any(.[]; (.backup | length) > 0)' > /dev/null
}

copies_locked() {
    [ -d "$UPLOADS" ] || return 1
    local status=0
    restic cat config > /dev/null 2>&1 || status=$?
    [ "$status" = "$WRONG_PASSWORD" ]
}

in_volume() { [[ $RESTIC_REPOSITORY == /* ]]; }

# The newest repository among those put aside that the present secret opens; nothing for none.
opened() {
    local place newest=
    for place in "$KEPT"/*/; do
        ! holds_backups --repo1-path="${place}pgbackrest" || newest=$place
    done
    echo "$newest"
}

# Nothing is deleted: the repository goes to a folder beside it, and comes back with its secret.
put_aside() {
    local old new
    new=$KEPT/$(date -u +%Y%m%dT%H%M%SZ)
    old=$(opened)
    move "$ROOT" "$new"
    if [ -n "$old" ]; then
        move "$old" "$ROOT"
        rmdir "${old}status" "$old"
        echo "NOTE: The backupSecret opens the backups in $old: they are the repository again. \
The ones until now are kept in $new."
    else
        echo "NOTE: The backups found in the volume were encrypted with another backupSecret, or are \
damaged. They are kept in $new, and a new repository begins. To go back to them: pulumi config set \
--secret taskmanager:backupSecret (the old one), then make up."
    fi
}

# move FROM TO: a repository, and what the schedule knows of it.
move() {
    local part
    mkdir -p "$2/status"
    for part in pgbackrest restic status/{full,daily,{database,uploads,drill}.{last,good}}; do
        [ ! -e "$1/$part" ] || mv -T "$1/$part" "$2/$part"
    done
}

database() {
    local began=$SECONDS kind=incr
    younger "$STATUS/full" "$NEARLY_A_WEEK" || kind=full
    local size
    size=$(answer "$NUMBER" 'SELECT pg_database_size(current_database())') \
        || { record database false 0 "${kind/incr/incremental}"; fail "Postgres does not answer"; }
    say "Database: ${kind/incr/incremental} backup of $(mebibytes "$size") MiB"
    if ! repository --type="$kind" backup; then
        record database false $((SECONDS - began)) "${kind/incr/incremental}"
        fail "The backup of the database failed"
    fi
    [ "$kind" = incr ] || touch "$STATUS/full"
    record database true $((SECONDS - began)) "${kind/incr/incremental}"
}

uploads() {
    local began=$SECONDS
    [ -d "$UPLOADS" ] || return 0
    # restic refuses to copy nothing.
    [ -n "$(ls -A "$UPLOADS")" ] || { record uploads true 0 "no files yet"; say "Uploads: no files yet"; return 0; }
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
    [ -e "$BEGUN" ] || find "$EARLIER" "$UNDONE" -maxdepth 0 -ctime +6 -exec rm -rf {} + 2> /dev/null || true
    ! has_copies || restic forget --quiet --retry-lock 10m --prune \
        --keep-last 1 --keep-within "$((BACKUP_WEEKS * 7 + 7))d"
}

logged
[ "$1" = check ] || alone
"$@"
