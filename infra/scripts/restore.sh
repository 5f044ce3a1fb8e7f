#!/bin/bash
# restore.sh fetch SET TIMELINE [TIME] | seal | swap | begin_undo | undo | abandon |
# record_timeline | uploads [TIME] | finish: the steps of `make restore`, each of which may be run
# again.
#
# The backup is fetched beside the live files, inside their volume, while Postgres serves; the two
# then change places by renaming. The earlier files are kept beside the live ones.
. "$(dirname "$0")/repository.sh"

fetch() {
    local set=$1 timeline=$2 target=(--type=default)
    [ -z "${3:-}" ] || target=(--type=time "--target=$3" --target-action=promote)
    local needed free
    # Files that Postgres removes meanwhile are no failure.
    needed=$({ du -sb --exclude='.before-restore' --exclude='.restored' "$DATA" 2> /dev/null || true; } | cut -f1)
    free=$(df --output=avail -B1 "$DATA" | tail -n 1)
    # The files of an earlier attempt are given up.
    [ ! -e "$BEGUN" ] || begin abandon
    rm -rf "$FETCHED" "$UNDONE"
    [ "$free" -gt "$needed" ] || fail "No room for a second copy: $(mebibytes "$needed") MiB needed, $(mebibytes "$free") free"
    install -d -m 0700 "$FETCHED"
    repository --pg1-path="$FETCHED" --set="$set" --target-timeline="$timeline" "${target[@]}" \
        --recovery-option=restore_command="pgbackrest --stanza=$STANZA archive-get %f \"%p\"" \
        restore || { rm -rf "$FETCHED"; fail "The backup cannot be restored; nothing was changed"; }
    begin "restore ${3:-}"
}

# A target in time is known to be reached only by something that was committed after it; and all
# that was committed must be in the repository before Postgres stops.
seal() {
    pg_isready -q || { say "Postgres does not answer: the log is taken as far as it goes"; return 0; }
    # One that still reads the log of a restore that was cut off has committed nothing.
    [ "$(answer "$TRUTH" 'SELECT pg_is_in_recovery()')" = f ] || return 0
    # The empty database of a new host has nothing to give.
    local system
    system=$(control 'Database system identifier')
    repository --output=json info | jq -e --arg system "$system" \
        'any(.[].db[]; (."system-id" | tostring) == $system)' > /dev/null || return 0
    ask 'SELECT pg_current_xact_id()' > /dev/null
    repository check
}

# swap_files IN OUT: the live files go to OUT, those in IN become the live ones. After an
# interruption it continues from the same place.
swap_files() {
    if [ ! -e "$MOVING" ]; then
        [ -d "$1" ] || fail "There is nothing in $1"
        # Renamed first: half of it must not be taken for the earlier files.
        rm -rf "$UNDONE"
        [ ! -d "$2" ] || { mv -T "$2" "$UNDONE"; rm -rf "$UNDONE"; }
        moving "out $1 $2"
    fi
    ! pg_isready -q || fail "Postgres runs on these files"
    local phase from to
    read -r phase from to < "$MOVING"
    # Postgres may write there too.
    { is_ours "$from" && is_ours "$to"; } || fail "$MOVING names other folders"
    if [ "$phase" = out ]; then
        install -d -m 0700 "$to"
        find "$DATA" -mindepth 1 -maxdepth 1 ! -path "$FETCHED" ! -path "$EARLIER" ! -path "$UNDONE" \
            ! -path "$MOVING*" -exec mv -t "$to" {} +
        moving "in $from $to"
    fi
    [ ! -d "$from" ] || { find "$from" -mindepth 1 -maxdepth 1 -exec mv -t "$DATA" {} + && rmdir "$from"; }
    sync -f "$DATA"
    rm "$MOVING"
}

is_ours() { [ "$1" = "$FETCHED" ] || [ "$1" = "$EARLIER" ] || [ "$1" = "$UNDONE" ]; }

moving() {
    echo "$1" > "$MOVING.new"
    sync -f "$DATA"
    mv "$MOVING.new" "$MOVING"
}

swap() {
    [ ! -e "$MOVING" ] && [ ! -d "$FETCHED" ] || swap_files "$FETCHED" "$EARLIER"
    [ "$(cat "$BEGUN")" = "restore " ] && [ -e "$DATA/recovery.signal" ] && [ -d "$EARLIER/pg_wal" ] || return 0
    # A Postgres that died had not archived its last segments: those that are whole count too.
    find "$EARLIER/pg_wal" -maxdepth 1 -regextype posix-extended -regex '.*/[0-9A-F]{24}' \
        -exec cp --preserve --update=none -t "$DATA/pg_wal" {} +
}

begin_undo() { begin undo; }

undo() {
    # The restore that is undone may not have come to its end.
    [ ! -e "$MOVING" ] || swap_files
    [ ! -d "$EARLIER" ] || swap_files "$EARLIER" "$UNDONE"
}

abandon() { begin abandon; rm -rf "$FETCHED"; }

# Record the timeline that the database follows from now on, to find the live one of any time.
record_timeline() {
    local timeline parent branched
    timeline=$(answer "$TIMELINE" 'SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)')
    read -r parent branched _ < <(grep -E '^[0-9]' "$DATA/pg_wal/$timeline.history" 2> /dev/null | tail -n 1) || true
    jq -nc --argjson timeline "$(printf '%d' "0x$timeline")" --argjson parent "${parent:-null}" \
        --arg branched "${branched:-0/0}" '{since: (now | floor)} + $ARGS.named' >> "$TIMELINES"
}

# Files have names of their own and never change: those that are missing come back, from the copy
# before TIME and from the first one after it, and none is taken away.
uploads() {
    has_copies || return 0
    local found snapshot
    found=$(snapshots "${1:-}")
    for snapshot in $found; do
        restic restore --quiet --no-lock "$snapshot" --target "$UPLOADS" --overwrite if-changed
    done
}

snapshots() {
    local until
    until=$(date -u -d "${1:-now}" +%s)
    restic snapshots --no-lock --json | jq -r '.[] | "\(.time) \(.short_id)"' \
        | while read -r time id; do [ -z "$id" ] || echo "$(date -u -d "$time" +%s) $id"; done | sort -n \
        | awk -v until="$until" '$1 > until { print $2; exit } { before = $2 } END { if (before) print before }'
}

finish() { rm -f "$BEGUN"; }

begin() { echo "$1" > "$BEGUN.new"; mv "$BEGUN.new" "$BEGUN"; }

logged
alone
"$@"
