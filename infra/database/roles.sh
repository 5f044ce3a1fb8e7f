#!/bin/bash
# roles.sh: give the database its three roles. It runs in the Postgres container, by the socket, and
# may be run again: the release that serves keeps its sessions, its password and its rights.
#
# postgres    the superuser, for people and backups. It has no password: only the socket admits it.
# task_owner  owns the database and everything in it; logs in while a migration runs (owner.sh).
# task_user   serves: it reads and writes rows.
#
# In a database that initdb has just made, or that was deployed before 2026-11-27, task_user is the
# superuser. Postgres refuses to take that from the role that initdb made, so the role is renamed.
set -euo pipefail
TRIES=20
# Nothing here is worth a line of Postgres' log.
export PGOPTIONS="-c log_statement=none -c log_min_error_statement=panic -c client_min_messages=warning"

as() { psql -qAtX -v ON_ERROR_STOP=1 -U "$1" -d task_manager; }

# The rights of the three roles. New tables of task_owner get them by its default privileges.
rights() {
    cat << 'SQL'
SELECT 'CREATE ROLE task_owner'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'task_owner') \gexec
ALTER ROLE postgres PASSWORD NULL;
ALTER ROLE task_owner NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE task_user LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
SELECT format('REVOKE %I FROM %I', roleid::regrole::text, member::regrole::text) FROM pg_auth_members
WHERE member IN ('task_user'::regrole, 'task_owner'::regrole) \gexec
-- A migration that waits for a table names the session that uses it.
GRANT pg_read_all_stats TO task_owner;
ALTER DATABASE task_manager OWNER TO task_owner;
REVOKE ALL ON DATABASE task_manager, postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE task_manager TO task_user;
ALTER SCHEMA public OWNER TO pg_database_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM task_user;
GRANT USAGE ON SCHEMA public TO task_user;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO task_user;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO task_user;
ALTER DEFAULT PRIVILEGES FOR ROLE task_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO task_user;
ALTER DEFAULT PRIVILEGES FOR ROLE task_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO task_user;
-- The records of migrations are the owner's: the service only reads them.
SELECT format('REVOKE INSERT, UPDATE, DELETE ON %s FROM task_user', oid::regclass) FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relname IN ('alembic_version', 'schema_history')
\gexec
SQL
}

# The superuser renamed, and a task_user with its password in its place: in one transaction, so that
# no login fails. Postgres lets no session rename the role that it belongs to.
rename() {
    cat << 'SQL'
ALTER ROLE task_user RENAME TO postgres;
SELECT format('CREATE ROLE task_user LOGIN PASSWORD %L', rolpassword) FROM pg_authid
WHERE rolname = 'postgres' \gexec
SQL
}

# Whatever belongs to the superuser, apart from extensions. A table is locked for a moment: one at a
# time, and never waiting long for it, as every query waits behind the one that waits.
owner() {
    as postgres << 'SQL'
SET lock_timeout = '1s';
WITH of_extensions AS (SELECT classid, objid FROM pg_depend WHERE deptype = 'e'),
-- A sequence follows the table of its column.
of_columns AS (
    SELECT objid FROM pg_depend
    WHERE classid = 'pg_class'::regclass AND refclassid = 'pg_class'::regclass AND deptype IN ('a', 'i')
)
SELECT format('ALTER %s %s OWNER TO task_owner', CASE relkind WHEN 'v' THEN 'VIEW'
        WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, oid::regclass)
FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relowner <> 'task_owner'::regrole
    AND (relkind IN ('r', 'p', 'v', 'm') OR (relkind = 'S' AND oid NOT IN (SELECT objid FROM of_columns)))
    AND ('pg_class'::regclass, oid) NOT IN (SELECT classid, objid FROM of_extensions)
UNION ALL
SELECT format('ALTER ROUTINE %s OWNER TO task_owner', oid::regprocedure) FROM pg_proc
WHERE pronamespace = 'public'::regnamespace AND proowner <> 'task_owner'::regrole
    AND ('pg_proc'::regclass, oid) NOT IN (SELECT classid, objid FROM of_extensions)
UNION ALL
SELECT format('ALTER TYPE %s OWNER TO task_owner', oid::regtype) FROM pg_type
WHERE typnamespace = 'public'::regnamespace AND typowner <> 'task_owner'::regrole
    AND typtype IN ('d', 'e', 'r')
    AND ('pg_type'::regclass, oid) NOT IN (SELECT classid, objid FROM of_extensions)
\gexec
SQL
}

if ! as postgres <<< '' 2> /dev/null; then
    as task_user <<< "SELECT 'CREATE ROLE task_rename SUPERUSER LOGIN'
        WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'task_rename') \gexec"
    { echo 'BEGIN;'; rename; rights; echo 'COMMIT;'; } | as task_rename
fi
{ echo 'BEGIN; DROP ROLE IF EXISTS task_rename;'; rights; echo 'COMMIT;'; } | as postgres
tries=$TRIES
until said=$(owner 2>&1); do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { echo "$said"; exit 1; }
    sleep 1
done
