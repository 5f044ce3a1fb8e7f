"""The lines of the backup scripts, as a person reads them."""

from cli import backups

PGBACKREST = {
    "2026-11-26T11:39:45Z Database: full backup of 7582 kB": "Database: full backup of 7582 kB",
    "2026-11-26 11:39:45.877 P00   INFO: backup start archive = 0000": "",
    "P00   WARN: no prior backup exists": "",
    "2026-11-26 11:39:45.877 P00   WARN: a timeline switch has occurred": "",
    "                                    HINT: this is normal after restoring from backup": "",
    "2026-11-26 11:39:45.877 P00  ERROR: [055]: unable to open file": "unable to open file",
    "                                    HINT: is it there?": "HINT: is it there?",
    "2026-11-26T11:39:46Z The backup of the database failed": "The backup of the database failed",
}


def test_pgbackrest_speaks_only_when_it_fails() -> None:
    assert list(backups.readable(PGBACKREST)) == [line for line in PGBACKREST.values() if line]
