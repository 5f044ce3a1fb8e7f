# Shared by the scripts of the backup container; bash reads it with `.`.
#
# The container holds the data volumes, the repository and Postgres' socket, and nothing of Docker.
# It runs as postgres, and may only read the users' files. A restore writes them: as root, in a
# container of its own that has neither the data nor the socket, and reads the repository only.
set -euo pipefail

STANZA=main
ROOT=/var/lib/backups
STATUS=$ROOT/status
UPLOADS=/uploads
DATA=/var/lib/postgresql/data
# Beside the live files: those that a restore fetched, those that it put aside, those that an undo
# took away again, and a note of a swap under way.
FETCHED=$DATA/.restored
EARLIER=$DATA/.before-restore
UNDONE=$DATA/.undone
MOVING=$DATA/.moving
# The restore (or undo) that has not ended yet; and when the database began to follow which history.
BEGUN=$STATUS/begun
TIMELINES=$STATUS/timelines
# In hours: a weekly job that took a minute must not wait for the next day.
NEARLY_A_WEEK=156
# How restic says that there is no repository, and that the password is another one's.
NO_REPOSITORY=10
WRONG_PASSWORD=12
mkdir -p "$STATUS"

say() { echo "$(date -u +%FT%TZ) $*"; }

fail() { say "$*" >&2; exit 1; }

repository() {
    # Every option of a command is in its first and last line, and known from its file.
    # Text that it cannot decrypt it prints as it is.
    pgbackrest --stanza="$STANZA" "$@" | LC_ALL=C tr -cd '\11\12\40-\176' \
        | { grep -vE 'INFO: \w+ command (begin|end)' || true; }
}

# Whether there are copies of the uploads: before the first upload there are none.
has_copies() {
    [ -d "$UPLOADS" ] || return 1
    local status=0
    restic cat config --no-lock > /dev/null 2>&1 || status=$?
    [ "$status" != "$NO_REPOSITORY" ]
}

ask() { psql -qAtX -v ON_ERROR_STOP=1 -c "$1"; }

# answer FORM QUERY: the live database's answer, which another container gives: any other text than
# one of that form is refused before bash, a path or a statement of SQL takes it in.
answer() {
    local said
    said=$(ask "$2") || return 1
    [[ $said =~ ^($1)$ ]] || fail "Postgres gave an answer of no known form to: $2"
    echo "$said"
}
NUMBER='[0-9]{1,18}'
PLACE='[0-9A-F]{1,8}/[0-9A-F]{1,8}'
TIMELINE='[0-9A-F]{8}'
TRUTH='[tf]'

# A line of the data's control file, whether Postgres runs or not; empty where there is none.
control() { { pg_controldata -D "$DATA" 2> /dev/null || true; } | sed -n "s/^$1: *//p"; }

# One at a time; the others wait. The lock is gone with the process that holds it.
alone() {
    # Not for writing: a restore of the uploads only reads here.
    [ -e "$ROOT/.lock" ] || : > "$ROOT/.lock"
    exec 9< "$ROOT/.lock"
    flock -n 9 || { say "Another backup, restore or drill is under way; waiting for it"; flock 9; }
}

# A command that a person runs is in the container's log too.
logged() {
    [ $$ = 1 ] || [ -n "${SCHEDULED:-}" ] || exec > >(tee /proc/1/fd/1) 2>&1
}

# The rows of every table, one `table count` a line, in the database that the options name.
rows() {
    psql -qAtX -v ON_ERROR_STOP=1 "$@" <<'SQL'
SELECT format('SELECT %L, count(*) FROM %I.%I', relname, nspname, relname)
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
WHERE relkind = 'r' AND nspname = 'public' ORDER BY relname
\gexec
SQL
}

# record WHAT true|false SECONDS DETAIL: for `make status`, and as a metric.
record() {
    local what=$1 ok=$2
    jq -nc --argjson ok "$ok" --argjson seconds "$3" --arg detail "$4" \
        '{finished: (now | floor)} + $ARGS.named' > "$STATUS/$what.last"
    [ "$ok" = false ] || cp "$STATUS/$what.last" "$STATUS/$what.good"
    metrics
}

# In the format that a Prometheus node exporter collects from files.
metrics() {
    local file=$STATUS/metrics.prom what
    {
        echo "# HELP taskmanager_backup_success_timestamp_seconds When it last went well."
        echo "# TYPE taskmanager_backup_success_timestamp_seconds gauge"
        for what in database uploads drill; do
            [ ! -e "$STATUS/$what.good" ] || echo "taskmanager_backup_success_timestamp_seconds{what=\"$what\"} $(stat -c %Y "$STATUS/$what.good")"
        done
        echo "# HELP taskmanager_backup_ok Whether the last try went well."
        echo "# TYPE taskmanager_backup_ok gauge"
        for what in database uploads drill; do
            [ ! -e "$STATUS/$what.last" ] || echo "taskmanager_backup_ok{what=\"$what\"} $(jq 'if .ok then 1 else 0 end' "$STATUS/$what.last")"
        done
    } > "$file.new"
    mv "$file.new" "$file"
}

# Bytes as whole MiB. Not by $((…)), which would evaluate a text that is no number.
mebibytes() { awk -v bytes="$1" 'BEGIN { printf "%d", bytes / 1048576 }'; }

# younger FILE HOURS: whether FILE was written less than HOURS ago.
younger() { [ -e "$1" ] && [ -n "$(find "$1" -newermt "-$2 hours")" ]; }
