#!/bin/bash
# restore.sh stage [TIME] | swap | undo | settle | uploads [TIME]: the steps of `make restore`.
#
# The backup is fetched beside the live files, inside their volume, while Postgres serves; the two
# then change places by renaming. What was there before stays aside.
. "$(dirname "$0")/repository.sh"
DATA=/var/lib/postgresql/data
STAGED=$DATA/.restored
ASIDE=$DATA/.before-restore
UNDONE=$DATA/.undone
MOVING=$DATA/.moving

stage() {
    local target=(--type=default)
    [ -z "${1:-}" ] || target=(--type=time "--target=$1" --target-action=promote)
    [ ! -e "$MOVING" ] || fail "An earlier restore was interrupted. Fix: make restore UNDO=1"
    local needed free
    needed=$(du -sb --exclude='.before-restore' "$DATA" | cut -f1)
    free=$(df --output=avail -B1 "$DATA" | tail -n 1)
    [ "$free" -gt "$needed" ] || fail "No room for a second copy: $((needed >> 20)) MiB needed, $((free >> 20)) free"
    rm -rf "$STAGED" "$UNDONE"
    install -d -o postgres -g postgres -m 0700 "$STAGED"
    # The timeline of the backup: what came after an earlier restore is another story.
    repository --pg1-path="$STAGED" "${target[@]}" --target-timeline=current \
        --recovery-option=restore_command="pgbackrest --stanza=$STANZA archive-get %f \"%p\"" \
        restore || { rm -rf "$STAGED"; fail "The backup cannot be restored; nothing was changed"; }
}

# exchange IN OUT: the live files go to OUT, those in IN become the live ones. What was interrupted
# goes on where it was.
exchange() {
    [ -e "$MOVING" ] || { [ -d "$1" ] || fail "There is nothing in $1"; rm -rf "$2"; echo "out $1 $2" > "$MOVING"; }
    local phase from to
    read -r phase from to < "$MOVING"
    if [ "$phase" = out ]; then
        install -d -o postgres -g postgres -m 0700 "$to"
        find "$DATA" -mindepth 1 -maxdepth 1 \
            ! -path "$STAGED" ! -path "$ASIDE" ! -path "$UNDONE" ! -path "$MOVING" -exec mv -t "$to" {} +
        echo "in $from $to" > "$MOVING"
    fi
    find "$from" -mindepth 1 -maxdepth 1 -exec mv -t "$DATA" {} +
    rmdir "$from"
    sync -f "$DATA"
    rm "$MOVING"
}

swap() { exchange "$STAGED" "$ASIDE"; }

undo() { exchange "$ASIDE" "$UNDONE"; }

finish_move() { [ ! -e "$MOVING" ] || exchange; }

# Files have names of their own and never change: those that are missing come back, from the copy
# before TIME and from the first one after it, and none is taken away.
uploads() {
    [ -d "$UPLOADS" ] || return 0
    local snapshot
    for snapshot in $(snapshots "${1:-}"); do
        restic restore --quiet --retry-lock 10m "$snapshot" --target "$UPLOADS" --overwrite if-changed
    done
}

snapshots() {
    local until
    until=$(date -u -d "${1:-now}" +%s)
    restic snapshots --json | grep -oE '"time":"[^"]+"|"short_id":"[^"]+"' | cut -d'"' -f4 | paste - - \
        | while read -r time id; do echo "$(date -u -d "$time" +%s) $id"; done | sort -n \
        | awk -v until="$until" '$1 > until { print $2; exit } { before = $2 } END { if (before) print before }'
}

logged
alone
"$@"
