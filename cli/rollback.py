"""Release an earlier image again, without a build."""

from cli import up
from cli.deployed import attached
from cli.releases import Release, find, history, missing, refusals
from cli.stack import Stack
from infra.errors import UserError


def main(name: str, to: str = "") -> int:
    """Go back to the release `to`, or to the one before the present one; through the same steps.

    Raises UserError, before anything is changed, when that cannot be.
    """
    stack = Stack(name)
    release = find(history(stack), to)
    with attached(stack) as deployed:
        absent = missing([release], deployed.client)
        _check(release, absent, refusals(stack, deployed.client))
    print(
        f"\nGoing back to release {release.short} (commit {release.source}, {release.at}); nothing "
        "is built."
    )
    status = up.main(name, release.image)
    if status == 0:
        print(f"\n`{stack.make('up')}` releases the working copy again.")
    return status


def _check(release: Release, absent: dict[str, str], why: dict[str, str]) -> None:
    """Raise UserError with every reason against `release`: mending one leaves the other."""
    gone, broken = absent.get(release.release), why.get(release.schema or "")
    if not gone and not broken:
        return
    reasons = [f"its {gone}"] if gone else []
    if broken:
        reasons.append(
            f"the database has moved on, and that code cannot serve it any more ({broken})"
        )
    choose = "choose another release (make releases)"
    if broken:
        other = "restore the data of its time as well (make restore)"
    else:
        other = f"build its commit again: git checkout {release.commit or 'ITS-COMMIT'} && make up"
    raise UserError(
        f"Cannot go back to release {release.short}: {', and '.join(reasons)}. Nothing was "
        f"changed.\n  Fix: {choose}, or {other}"
    )
