"""The time of a restore, and the time for each GB of data, beside a plain copy of the files."""

from collections.abc import Sequence

from infra.names import ADMIN, DATABASE
from testkit.deployment import Deployment
from testkit.stopwatch import seconds

ROWS = 5_000_000
# Hexadecimal noise: data that compresses well would be restored faster.
FILL = f"""
CREATE TABLE filling AS SELECT md5(n::text) || md5((n + 1)::text) || md5((n + 2)::text) AS noise
FROM generate_series(1, {ROWS}) n"""  # noqa: S608 - a number of our own
SIZE = "SELECT pg_database_size(current_database())"
PSQL = ["psql", "-qU", ADMIN, "-d", DATABASE, "-Atc"]
PLACE = "/var/lib/backups/copied"
COPY = f"cp -a /var/lib/postgresql/data/base {PLACE} && sync -f {PLACE}"


def restoring(ours: Deployment) -> list[Sequence[str]]:
    """Two restores, of little data and of more; the difference is the time for the data."""
    few, without = _restore(ours)
    ours.inside("postgres", *PSQL, FILL)
    ours.tool("backup").or_raise(("backup",))
    many, filled = _restore(ours)
    copied = seconds(lambda: ours.inside("backup", "bash", "-c", COPY))
    ours.inside("backup", "rm", "-r", PLACE)
    per_gb = (filled - without) / (many - few)
    copy_per_gb = copied / many
    return [
        ("", "seconds"),
        (f"restore of {few:.2f} GB", f"{without:.1f}"),
        (f"restore of {many:.2f} GB", f"{filled:.1f}"),
        ("a GB more", f"{per_gb:.1f}"),
        ("a GB by cp -a", f"{copy_per_gb:.1f}"),
        ("ratio", f"{per_gb / copy_per_gb:.2f}"),
    ]


def _restore(ours: Deployment) -> tuple[float, float]:
    """The GB of the database, and the seconds of the command, a new backup at its end included."""
    size = int(ours.inside("postgres", *PSQL, SIZE)) / 1e9
    return size, seconds(lambda: ours.tool("restore", "--yes").or_raise(("restore",)))
