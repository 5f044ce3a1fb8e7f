#!/bin/bash
# owner.sh open SECONDS | close: let task_owner log in for a migration. `open` prints its password,
# which Postgres makes no use of after SECONDS; after `close` there is none, and no session.
#
# It runs in the Postgres container, by the socket. The password is in no argument and no file.
set -euo pipefail
export PGOPTIONS="-c log_statement=none -c log_min_error_statement=panic -c client_min_messages=warning"

ask() { psql -qAtX -v ON_ERROR_STOP=1 -U postgres -d task_manager; }

open() {
    local password
    password=$(head -c 32 /dev/urandom | base64 | tr -dc 'A-Za-z0-9')
    printf "SELECT format('ALTER ROLE task_owner LOGIN PASSWORD %%L VALID UNTIL %%L', '%s',
        now() + interval '%s seconds') \\gexec\n" "$password" "$1" | ask
    echo "$password"
}

close() {
    ask << 'SQL'
ALTER ROLE task_owner NOLOGIN PASSWORD NULL;
SELECT count(pg_terminate_backend(pid)) > 0 FROM pg_stat_activity WHERE usename = 'task_owner' \g /dev/null
SQL
}

"$@"
