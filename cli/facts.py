# Docker's classes have no types of their own.
# pyright: reportUnknownMemberType=false
"""The rows above the containers in `make status`: address, release, schema, disk and the like."""

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from cli import backup_status, drift, releases, traffic
from cli.deployed import STORES, Deployed
from infra.errors import UserError
from infra.names import DATABASE, ROLE

TLS_SECONDS = 5
FULL_PERCENT = 85
CERTIFICATE_DAYS = 14
DATA = "/var/lib/postgresql/data"
PROGRAMS = {"postgres": "postgres", "redis": "redis-server", "api-": "python"}
REVISION = "select string_agg(version_num, ', ') from alembic_version"


def rows(deployed: Deployed) -> list[tuple[str, str, str]]:
    """Name, text and warning of each row; a warning is empty where all is well."""
    return [*_facts(deployed), *_backups(deployed)]


def _facts(deployed: Deployed) -> Iterator[tuple[str, str, str]]:
    for name, ask in FACTS.items():
        try:
            yield name, *ask(deployed)
        except UserError as problem:
            yield name, "unknown", str(problem)


def _backups(deployed: Deployed) -> list[tuple[str, str, str]]:
    try:
        return backup_status.rows(deployed)
    except UserError as problem:
        return [("backup", "unknown", str(problem))]


Fact = tuple[str, str]
"""The text to show and the warning about it; empty for none."""


def _address(deployed: Deployed) -> Fact:
    state, _ = traffic.state(deployed)
    url = deployed.outputs["url"]
    if state == traffic.RUNNING:
        return url, ""
    end = "maintenance-off" if state == traffic.STOPPED else "resume"
    name = "maintenance" if state == traffic.STOPPED else "paused"
    return f"{url}  {name}", f"no request is answered now. End it: {_make(deployed, end)}"


def _release(deployed: Deployed) -> Fact:
    present = releases.of(deployed)[0]
    when = f"{present.at[:16].replace('T', ' ')} UTC"
    return f"{present.short}  commit {present.source}, {when} by {present.who}", ""


def _schema(deployed: Deployed) -> Fact:
    if deployed.managed("database"):
        # As the migration of the release left it.
        return releases.of(deployed)[0].schema or "", ""
    return deployed.ask("postgres", "psql", "-U", ROLE, "-d", DATABASE, "-Atc", REVISION), ""


def _as_deployed(deployed: Deployed) -> Fact:
    found = drift.routing(deployed)
    return ("no", "") if not found else ("yes", f"{'; '.join(found)}. {_make(deployed, 'drift')}")


def _failed(deployed: Deployed) -> Fact:
    names = sorted(drift.failed(deployed))
    if not names:
        return "", ""
    return f"{len(names)} of its containers are left, without requests", (
        f"the last deployment failed. Why: docker logs {names[0]}. Mend it, then "
        f"{_make(deployed, 'up')}, which removes them"
    )


def _disk(deployed: Deployed) -> Fact:
    """Of the file system that Docker's data is on, which holds the database too."""
    place = ("api-", "/") if deployed.managed("database") else ("postgres", DATA)
    said = deployed.ask(place[0], "df", "-P", "-B1", place[1])
    # Of the size, the file system may reserve a part: the percentage is of the rest.
    _, _, _, free, used, _ = said.splitlines()[1].split()
    text = f"{used} used, {int(free) / 1e9:.1f} GB free"
    full = int(used.rstrip("%")) >= FULL_PERCENT
    return text, "nearly full: free space on the host (docker system df)" if full else ""


def _versions(deployed: Deployed) -> Fact:
    return ", ".join(_each_version(deployed)), ""


def _each_version(deployed: Deployed) -> Iterator[str]:
    yield f"Docker {deployed.client.version()['Version']}"
    own = [STORES[key] for key in STORES if not deployed.managed(key)]
    for part in [*own, "api-"]:
        command = (PROGRAMS[part], "--version")
        try:
            yield _short_version(deployed.ask(part, *command))
        except UserError:
            yield f"{part.strip('-')} does not run"


def _short_version(said: str) -> str:
    """`postgres (PostgreSQL) 17.2 (Debian …)` is PostgreSQL 17.2."""
    words = said.replace("(PostgreSQL)", "").replace("v=", "").split()
    name = {"postgres": "PostgreSQL"}.get(words[0], words[0])
    return f"{name} {next(word for word in words[1:] if word[0].isdigit())}"


def _certificate(deployed: Deployed) -> Fact:
    address = urlsplit(str(deployed.outputs.get("url", "")))
    if address.scheme != "https":
        return "", ""
    until = datetime.fromtimestamp(_not_after(str(address.hostname), address.port or 443), UTC)
    days = (until - datetime.now(UTC)).days
    text = f"until {until:%Y-%m-%d} ({days} days)"
    return text, "was not renewed: see the proxy's log" if days < CERTIFICATE_DAYS else ""


def _not_after(host: str, port: int) -> float:
    try:
        with (
            socket.create_connection((host, port), timeout=TLS_SECONDS) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secure,
        ):
            found: Any = secure.getpeercert()
    except OSError as error:
        raise UserError(f"{host} shows no valid certificate: {error}") from None
    return ssl.cert_time_to_seconds(found["notAfter"])


def _make(deployed: Deployed, target: str) -> str:
    return deployed.stack.make(target)


FACTS: dict[str, Callable[[Deployed], Fact]] = {
    "address": _address,
    "release": _release,
    "schema": _schema,
    "drift": _as_deployed,
    "failed": _failed,
    "versions": _versions,
    "disk": _disk,
    "certificate": _certificate,
}
