#!/bin/bash
# What there is, as JSON: the last try and the last success of each, the log archive, the age limits.
. "$(dirname "$0")/repository.sh"

entry() { cat "$STATUS/$1" 2> /dev/null || echo null; }

archive() {
    ask "SELECT json_build_object('archived', extract(epoch FROM last_archived_time)::bigint,
        'failing', coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false))
        FROM pg_stat_archiver" 2> /dev/null || echo null
}

echo "{\"now\": $(date +%s)"
for what in database uploads drill; do
    echo ", \"$what\": {\"last\": $(entry $what.last), \"good\": $(entry $what.good)}"
done
echo ", \"archive\": $(archive)"
[ "${1:-}" != full ] || echo ", \"repository\": $(repository --output=json info)"
echo "}"
