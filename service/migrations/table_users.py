"""The sessions that use the service's tables: one of them is why a migration does not get a table.

Most often it is a person's psql with a transaction left open.
"""

from sqlalchemy import Connection, text

SHOWN = 3
# Locks on tables of our own; the catalogue's are below the first number that is free.
HOLDERS = text(
    """
    SELECT a.pid, coalesce(nullif(a.application_name, ''), a.backend_type) AS program, a.usename,
           coalesce(host(a.client_addr), 'the database''s own machine') AS address, a.state,
           extract(epoch FROM clock_timestamp() - a.xact_start)::int AS seconds,
           string_agg(DISTINCT l.relation::regclass::text, ', ') AS tables
    FROM pg_locks l
    JOIN pg_stat_activity a USING (pid)
    JOIN pg_class c ON c.oid = l.relation AND c.relkind IN ('r', 'p')
    WHERE l.granted AND l.locktype = 'relation' AND l.pid <> pg_backend_pid()
      AND l.relation >= 16384 AND a.datname = current_database()
    GROUP BY 1, 2, 3, 4, 5, a.xact_start
    ORDER BY a.xact_start
    LIMIT :shown
    """
)


def describe(connection: Connection) -> list[str]:
    """A line for each of the longest, with the statement that ends it; then the fix."""
    rows = connection.execute(HOLDERS, {"shown": SHOWN}).all()
    lines = [
        f"{row.tables}: used for {row.seconds} s by process {row.pid} ({row.program}, "
        f"{row.usename} from {row.address}, {row.state}); "
        f"SELECT pg_terminate_backend({row.pid}) ends it"
        for row in rows
    ]
    if not lines:
        return ["no session uses a table any more: run the same command again"]
    return [*lines, "end its transaction there, or the session; then run the same command again"]
