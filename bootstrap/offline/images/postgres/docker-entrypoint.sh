#!/bin/bash
# Keeps the promises of the official image's entrypoint that a deployment relies on.
set -euo pipefail

fail() { echo "error: $*" >&2; exit 1; }

# Every NAME may come as NAME_FILE, never both. Read while still root: the file may be root's alone.
read_settings() {
    local name file
    for name in POSTGRES_USER POSTGRES_DB POSTGRES_PASSWORD; do
        file=${name}_FILE
        [ -n "${!file:-}" ] || continue
        [ -z "${!name:-}" ] || fail "both $name and $file are set"
        export "$name=$(cat "${!file}")"
        unset "$file"
    done
}

become_postgres() {
    mkdir -p "$PGDATA" /var/run/postgresql
    chmod 00700 "$PGDATA"
    find "$PGDATA" /var/run/postgresql \! -user postgres -exec chown postgres '{}' +
    export HOME=/var/lib/postgresql
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
    local user=${POSTGRES_USER:-postgres} password=${POSTGRES_PASSWORD:-}
    local database=${POSTGRES_DB:-$user}
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
[ -s "$PGDATA/PG_VERSION" ] || read_settings
[ "$(id -u)" != 0 ] || become_postgres "$@"
[ -s "$PGDATA/PG_VERSION" ] || initialise
unset POSTGRES_PASSWORD
exec "$@"
