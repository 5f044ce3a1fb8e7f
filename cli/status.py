"""What runs, whether it is well, and what needs a look: `make status`."""

import json
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Column, Table

from cli import backup_status, drift, releases, traffic
from cli.deployed import STORES, Deployed
from infra.errors import UserError
from infra.names import DATABASE, ROLE

WIDTH = 160
TLS_SECONDS = 5
FULL_PERCENT = 85
CERTIFICATE_DAYS = 14
DATA = "/var/lib/postgresql/data"
PROGRAMS = {"postgres": "postgres", "redis": "redis-server", "api-": "python"}
REVISION = "select string_agg(version_num, ', ') from alembic_version"


def show(deployed: Deployed, *, as_json: bool = False) -> int:
    """Print the state of the deployment, and last its warnings."""
    if as_json:
        print(json.dumps(_as_json(deployed)))
        return 0
    # A pipe has no width: whoever reads it wants whole names.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDTH)
    facts = Table.grid(padding=(0, 2))
    wrong: list[str] = []
    for name, text, warning in [*_facts(deployed), *_backups(deployed)]:
        if text:
            facts.add_row(name, f"[yellow]{text}[/]" if warning else text)
        if warning:
            wrong.append(f"{name}: {warning}")
    console.print(facts)
    console.print(_containers(deployed))
    wrong += _unwell(deployed)
    for line in wrong:
        console.print(f"[yellow]![/] {line}")
    if not wrong:
        console.print(f"All is well. Compare all of it with the state: {_make(deployed, 'drift')}")
    return 0


def _as_json(deployed: Deployed) -> dict[str, Any]:
    rows = [*_facts(deployed), *_backups(deployed)]
    serving = deployed.outputs.get("containers", [])
    return {
        "stack": deployed.stack.name,
        "facts": {name: {"text": text, "warning": warning} for name, text, warning in rows},
        "containers": [
            {
                "name": container.name,
                "status": container.attrs["State"]["Status"],
                "health": container.attrs["State"].get("Health", {}).get("Status"),
                "image": container.attrs["Config"]["Image"],
                "restarts": container.attrs["RestartCount"],
                "serving": container.name in serving,
            }
            for container in deployed.containers()
        ],
    }


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
"""What to show (nothing if empty), and what is wrong about it (nothing if empty)."""


def _way_in(deployed: Deployed) -> Fact:
    state, _ = traffic.state(deployed)
    url = deployed.outputs["url"]
    if state == traffic.RUNNING:
        return url, ""
    end = "maintenance-off" if state == traffic.STOPPED else "resume"
    name = "maintenance" if state == traffic.STOPPED else "paused"
    return f"{url}  {name}", f"no request is answered now. End it: {_make(deployed, end)}"


def _release(deployed: Deployed) -> Fact:
    present, *earlier = releases.ledger(deployed.stack)
    when = f"{present.at[:16].replace('T', ' ')} UTC"
    kept = len({each.release for each in earlier if each.kept} - {present.release})
    more = f"; {kept} to go back to ({_make(deployed, 'releases')})" if kept else ""
    return f"{present.short}  commit {present.source}, {when}, {present.who}{more}", ""


def _schema(deployed: Deployed) -> Fact:
    if deployed.managed("database"):
        # As the migration of the release left it.
        return releases.ledger(deployed.stack)[0].schema or "", ""
    return deployed.ask("postgres", "psql", "-U", ROLE, "-d", DATABASE, "-Atc", REVISION), ""


def _as_deployed(deployed: Deployed) -> Fact:
    found = drift.routing(deployed)
    return ("no", "") if not found else ("yes", f"{'; '.join(found)}. {_make(deployed, 'drift')}")


def _disk(deployed: Deployed) -> Fact:
    """Of the file system that Docker's data is on, which holds the database too."""
    place = ("api-", "/") if deployed.managed("database") else ("postgres", DATA)
    said = deployed.ask(place[0], "df", "-P", "-B1", place[1])
    _, size, _, free, used, _ = said.splitlines()[1].split()
    text = f"{used} of {int(size) / 1e9:.0f} GB used, {int(free) / 1e9:.1f} GB free"
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
    address = urlsplit(deployed.outputs.get("url", ""))
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


def _containers(deployed: Deployed) -> Table:
    serving = deployed.outputs.get("containers", [])
    containers = deployed.containers()
    # The name is what one looks for: in a narrow terminal the others give way.
    longest = max((len(each.name) for each in containers), default=0)
    name = Column("container", no_wrap=True, min_width=longest)
    table = Table(name, "state", "since", "restarts", "image", "", box=None, padding=(0, 1))
    for container in containers:
        attrs = container.attrs
        image = attrs["Config"]["Image"].removeprefix("sha256:")[-19:]
        role = "serving" if container.name in serving else ""
        since = attrs["State"]["StartedAt"][:16].replace("T", " ")
        table.add_row(container.name, _state(attrs), since, str(attrs["RestartCount"]), image, role)
    return table


def _unwell(deployed: Deployed) -> Iterator[str]:
    """A line for every container that fails its health check or restarts again and again."""
    for container in deployed.containers():
        state = container.attrs["State"]
        if state.get("Health", {}).get("Status") == "unhealthy":
            yield f"{container.name} is unhealthy. Why: docker logs {container.name}"
        elif state["Status"] == "restarting":
            yield f"{container.name} restarts again and again. Why: docker logs {container.name}"


def _state(attrs: dict[str, Any]) -> str:
    state = attrs["State"]
    health = state.get("Health", {}).get("Status")
    text = f"{state['Status']}, {health}" if health else str(state["Status"])
    well = state["Status"] == "running" and health in (None, "healthy", "starting")
    return f"[green]{text}[/]" if well else f"[red]{text}[/]"


def _make(deployed: Deployed, target: str) -> str:
    return deployed.stack.make(target)


FACTS: dict[str, Callable[[Deployed], Fact]] = {
    "address": _way_in,
    "release": _release,
    "schema": _schema,
    "drift": _as_deployed,
    "versions": _versions,
    "disk": _disk,
    "certificate": _certificate,
}
