"""The releases of a stack, the newest first."""

import json
from dataclasses import asdict, dataclass

import docker

from cli.deployed import attached
from cli.stack import Stack
from infra.errors import UserError
from infra.names import DATABASE, ROLE

LEDGER = "pulumi-python:dynamic/taskmanager:Ledger"
HISTORY = "SELECT coalesce(json_agg(h ORDER BY applied_at, revision), '[]') FROM schema_history h"


@dataclass(frozen=True, kw_only=True)
class Release:
    """One line of the ledger, as infra/steps/release_history.py writes it."""

    release: str
    image: str
    schema: str | None
    commit: str | None
    dirty: bool
    at: str
    who: str
    kept: bool

    @property
    def short(self) -> str:
        return self.release.removeprefix("sha256:")[:12]

    @property
    def source(self) -> str:
        """The commit as a person reads it; a mark says that files differed from it."""
        return f"{self.commit[:9]}{'+' if self.dirty else ''}" if self.commit else "-"


def ledger(stack: Stack) -> list[Release]:
    """Every release that got through, the newest first; a release made twice is there twice.

    Raises UserError when there is none.
    """
    for resource in stack.state()["deployment"].get("resources") or []:
        if resource["type"] == LEDGER:
            return [Release(**entry) for entry in resource["outputs"]["releases"]]
    raise UserError(f"Stack {stack.name} has released nothing yet. Fix: {stack.make('up')}")


def refusals(stack: Stack, client: docker.DockerClient) -> dict[str, str]:
    """What code of each schema breaks on in the database as it is; empty where nothing is known.

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
    releases = ledger(stack)
    with attached(stack) as deployed:
        why = refusals(stack, deployed.client)
    if as_json:
        print(json.dumps([{**asdict(each), "back": _back(each, why)} for each in releases]))
        return 0
    print(f"{'RELEASE':<13} {'COMMIT':<11} {'RELEASED (UTC)':<17} {'SCHEMA':<9} {'BY':<24} GO BACK")
    for number, each in enumerate(releases):
        back = "serves now" if number == 0 else _back(each, why)
        when = each.at[:16].replace("T", " ")
        print(
            f"{each.short:<13} {each.source:<11} {when:<17} {each.schema or '-':<9} "
            f"{each.who:<24} {back}"
        )
    present = releases[0].release
    earlier = [each for each in releases if _back(each, why) == "yes" and each.release != present]
    if earlier:
        again = stack.make("rollback")
        print(f"\nNext: {again}, or {again} TO={earlier[-1].short}")
    return 0


def _back(release: Release, why: dict[str, str]) -> str:
    if not release.kept:
        return "no: its image is not kept any more"
    broken = why.get(release.schema or "")
    return f"no: {broken}" if broken else "yes"


def find(releases: list[Release], to: str) -> Release:
    """The release whose name begins with `to`; the one before the present one for nothing.

    Raises UserError when there is none, or more than one.
    """
    present, *earlier = releases
    others = list({each.release: each for each in reversed(earlier)}.values())[::-1]
    others = [each for each in others if each.release != present.release]
    wanted = to.removeprefix("sha256:")
    found = [each for each in others if each.release.removeprefix("sha256:").startswith(wanted)]
    if present.release.removeprefix("sha256:").startswith(wanted or "-"):
        raise UserError(f"{present.short} is the release that serves now.")
    if not found:
        what = f"no earlier release begins with {to!r}" if to else "there is no earlier release"
        raise UserError(f"Cannot go back: {what}. The releases: make releases")
    if to and len(found) > 1:
        names = ", ".join(each.short for each in found)
        raise UserError(f"{to!r} is the beginning of more than one release: {names}.")
    return found[0]
