#!/bin/bash
# Keeps the promises of the official image's entrypoint that a deployment relies on.
set -euo pipefail

fail() { echo "error: $*" >&2; exit 1; }

# NAME or NAME_FILE, never both.
setting() {
    local name=$1 default=${2:-} file=$1_FILE
    [ -z "${!name:-}" ] || [ -z "${!file:-}" ] || fail "both $name and $file are set"
    if [ -n "${!file:-}" ]; then cat "${!file}"; else echo "${!name:-$default}"; fi
}

become_postgres() {
    mkdir -p "$PGDATA" /var/run/postgresql
    chmod 00700 "$PGDATA"
    find "$PGDATA" /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
    exec setpriv --reuid postgres --regid postgres --init-groups "$0" "$@"
}

run_init_scripts() {
    local script
    for script in /docker-entrypoint-initdb.d/*; do
        echo "$0: running $script"
        case $script in
            *.sh) if [ -x "$script" ]; then "$script"; else . "$script"; fi ;;
            *.sql) psql -v ON_ERROR_STOP=1 --no-password -f "$script" ;;
            *.sql.gz) gunzip -c "$script" | psql -v ON_ERROR_STOP=1 --no-password ;;
        esac
    done
}

initialise() {
    local user database password
    user=$(setting POSTGRES_USER postgres)
    database=$(setting POSTGRES_DB "$user")
    password=$(setting POSTGRES_PASSWORD)
    [ -n "$password" ] || [ "${POSTGRES_HOST_AUTH_METHOD:-}" = trust ] \
        || fail "the database is not initialised and no POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE is set"
    # The local socket and loopback are trusted, everybody else needs the password.
    initdb -D "$PGDATA" --username="$user" --auth=trust --pwfile=<(echo "$password") \
        ${POSTGRES_INITDB_ARGS:-}
    echo "host all all all ${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}" >> "$PGDATA/pg_hba.conf"
    pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start
    export PGUSER=$user PGDATABASE=postgres PGHOST=/var/run/postgresql
    [ "$database" = postgres ] || createdb "$database"
    export PGDATABASE=$database
    shopt -s nullglob
    run_init_scripts
    pg_ctl -D "$PGDATA" -m fast -w stop
    unset PGUSER PGDATABASE PGHOST
    echo "PostgreSQL init process complete; ready for start up."
}

[ "${1#-}" = "$1" ] || set -- postgres "$@"
[ "$1" = postgres ] || exec "$@"
[ "$(id -u)" != 0 ] || become_postgres "$@"
[ -s "$PGDATA/PG_VERSION" ] || initialise
exec "$@"
