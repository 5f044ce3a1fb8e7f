"""The task manager: an HTTP API over PostgreSQL, Redis, a file store and a mail server."""
