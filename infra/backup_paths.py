"""Paths in the container that makes backups; the commands read and run what is there."""

SCRIPTS = "/usr/local/lib/backup"
UPLOADS = "/uploads"
REPOSITORY = "/var/lib/backups"
SECRET_FILE = "/run/secrets/backup_secret"  # noqa: S105 - a path
