"""Release an earlier image again, without a build."""

from cli import up
from cli.deployed import attached
from cli.releases import Release, find, ledger, missing, refusals
from cli.stack import Stack
from infra.errors import UserError


def main(name: str, to: str = "") -> int:
    """Go back to the release `to`, or to the one before the present one; through the same steps.

    Raises UserError, before anything is changed, when that cannot be.
    """
    stack = Stack(name)
    release = find(ledger(stack), to)
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
    if release.release in absent:
        commit = release.commit or "ITS-COMMIT"
        raise UserError(
            f"Cannot go back to release {release.short}: its {absent[release.release]}. Nothing "
            "was changed.\n  Fix: choose another (make releases), or build its commit again: "
            f"git checkout {commit} && make up"
        )
    broken = why.get(release.schema or "")
    if broken:
        raise UserError(
            f"Cannot go back to release {release.short}: the database has moved on, and that code "
            f"cannot serve it any more ({broken}).\n"
            "The serving release was not touched. Choose a later release (make releases), or "
            "restore the data of its time as well."
        )
