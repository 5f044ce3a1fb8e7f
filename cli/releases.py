"""The releases of a stack, the newest first."""

import json
from dataclasses import asdict, dataclass
from typing import Any

import docker
from docker.errors import ImageNotFound
from rich.table import Table

from cli import screen
from cli.deployed import Deployed, attached
from cli.errors import WrongArgumentError
from cli.stack import Stack
from infra.errors import UserError
from infra.names import DATABASE, ROLE

LEDGER = "pulumi-python:dynamic/taskmanager:Ledger"
HISTORY = "SELECT coalesce(json_agg(h ORDER BY applied_at, revision), '[]') FROM schema_history h"


@dataclass(frozen=True, kw_only=True)
class Release:
    """One line of the release history, as infra/steps/release_history.py writes it."""

    release: str
    image: str
    schema: str | None
    commit: str | None
    dirty: bool
    at: str
    who: str
    kept: bool
    number: int = 0
    """Its place in the history; 0 for one from before 2026-11-26, which its time alone orders."""

    @property
    def short(self) -> str:
        """The first 12 digits of its digest, as every screen shows it."""
        return self.release.removeprefix("sha256:")[:12]

    @property
    def source(self) -> str:
        """The commit as a person reads it; a mark says that files differed from it."""
        return f"{self.commit[:9]}{'+' if self.dirty else ''}" if self.commit else "-"


def history(stack: Stack) -> list[Release]:
    """Every release that got through, the newest first; a release made twice is there twice.

    Raises UserError when there is none.
    """
    return _recorded(stack, stack.state()["deployment"].get("resources") or [])


def of(deployed: Deployed) -> list[Release]:
    """The same, from the state that is at hand."""
    return _recorded(deployed.stack, deployed.resources())


def _recorded(stack: Stack, resources: list[dict[str, Any]]) -> list[Release]:
    for resource in resources:
        if resource["type"] == LEDGER:
            return [Release(**entry) for entry in resource["outputs"]["releases"]]
    raise UserError(f"Stack {stack.name} has released nothing yet. Fix: {stack.make('up')}")


def refusals(stack: Stack, client: docker.DockerClient) -> dict[str, str]:
    """The revision that each older schema's code fails on, by schema; empty if not known.

    The migration of a release decides the same for itself; this is for telling it early.
    """
    found = stack.containers(client, part="postgres")
    if not found:
        return {}
    command = ["psql", "-U", ROLE, "-d", DATABASE, "-Atc", HISTORY]
    answer = found[0].exec_run(command, stderr=False)
    if answer.exit_code != 0:
        return {}
    why: dict[str, str] = {}
    breaks = ""
    # Backwards from the newest: what breaks one schema breaks all before it.
    for row in reversed(json.loads(answer.output)):
        if breaks:
            why[row["revision"]] = breaks
        if row["breaking"] and not breaks:
            breaks = f"revision {row['revision']}: {row['breaking']}"
    return why


def main(name: str, *, as_json: bool = False) -> int:
    """Print the releases, and which of them a rollback can go to."""
    stack = Stack(name)
    releases = history(stack)
    with attached(stack) as deployed:
        why = refusals(stack, deployed.client) | missing(releases, deployed.client)
    if as_json:
        shown = [{**asdict(release), "back": _back(release, why)} for release in releases]
        print(json.dumps(shown))
    else:
        screen.print_table(_table(releases, why))
        print(f"\n{_next(stack, releases, why)}")
    return 0


def _table(releases: list[Release], why: dict[str, str]) -> Table:
    rows = screen.table("RELEASE", "COMMIT", "RELEASED (UTC)", "SCHEMA", "BY", "ROLLBACK")
    present = releases[0].release
    for release in releases:
        # The same release twice: rolled back to, and when it was new.
        back = "serves now" if release.release == present else _back(release, why)
        when = release.at[:16].replace("T", " ")
        rows.add_row(release.short, release.source, when, release.schema or "-", release.who, back)
    return rows


def _next(stack: Stack, releases: list[Release], why: dict[str, str]) -> str:
    """The release that a rollback takes, and the command for another one."""
    again = stack.make("rollback")
    present, usual = releases[0].release, previous(releases)
    earlier = [release for release in releases if release.release != present]
    possible = [release for release in earlier if _back(release, why) == "yes"]
    lines: list[str] = []
    if usual in possible:
        lines.append(f"Next: {again} releases {usual.short} again.")
    elif usual:
        lines.append(f"{again} would take {usual.short}, which cannot be: {_back(usual, why)}.")
    others = [release for release in possible if usual is None or release.release != usual.release]
    if others:
        lines.append(f"Another one: {again} TO={others[0].short}")
    return "\n".join(lines) or f"No release to go back to. The next one: {stack.make('up')}"


def previous(releases: list[Release]) -> Release | None:
    """The release that a rollback takes: the newest one from before the present release.

    Releases since the present one was first made are those that were rolled back from.
    """
    present = releases[0].release
    first = max(number for number, each in enumerate(releases) if each.release == present)
    return next((release for release in releases[first + 1 :]), None)


def missing(releases: list[Release], client: docker.DockerClient) -> dict[str, str]:
    """Why an image cannot be run again, by release; those that Docker Engine has are left out."""
    absent: dict[str, str] = {}
    for release in releases:
        try:
            client.images.get(release.image)
        except ImageNotFound:
            if not release.kept:
                absent[release.release] = "image is not kept"
            elif "@" not in release.image:
                # Pulumi's engine pulls one that a registry has.
                absent[release.release] = "image is gone from Docker Engine"
    return absent


def _back(release: Release, why: dict[str, str]) -> str:
    """`why` is by release and by schema."""
    reason = why.get(release.release) or why.get(release.schema or "")
    return f"no: {reason}" if reason else "yes"


def find(releases: list[Release], to: str) -> Release:
    """The release whose name begins with `to`; the previous one for an empty `to`.

    Raises WrongArgumentError when there is none, or more than one.
    """
    present = releases[0]
    names = dict.fromkeys(release.release for release in releases)
    others = [name for name in names if name != present.release]
    wanted = to.removeprefix("sha256:")
    if not wanted:
        return _previous(releases)
    if present.release.removeprefix("sha256:").startswith(wanted):
        raise WrongArgumentError(f"TO={to}: {present.short} is the release that serves now.")
    named = [name for name in others if name.removeprefix("sha256:").startswith(wanted)]
    if not named:
        raise WrongArgumentError(
            f"TO={to}: no earlier release begins with {to!r}. Fix: make releases"
        )
    if len(named) > 1:
        names = ", ".join(name.removeprefix("sha256:")[:12] for name in named)
        raise WrongArgumentError(f"TO={to} is the beginning of more than one release: {names}.")
    return next(release for release in releases if release.release == named[0])


def _previous(releases: list[Release]) -> Release:
    found = previous(releases)
    if found:
        return found
    later = [release.short for release in releases if release.release != releases[0].release]
    way = (
        f" The stack was rolled back to it from {later[0]}; for that one, name it." if later else ""
    )
    raise UserError(
        f"Cannot go back: there is no earlier release than {releases[0].short}.{way} "
        "The releases: make releases"
    )
