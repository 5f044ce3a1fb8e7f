"""Rollbacks: without a build, under load, and only where the schema allows it."""

import re
from collections.abc import Callable

import pytest

from testkit.deployment import Deployment
from testkit.load import load

ADDS = "ALTER TABLE tasks ADD COLUMN colour varchar(20)"
RENAMES = "ALTER TABLE tasks RENAME COLUMN colour TO shade"


@pytest.fixture(scope="module")
def migrated(deploy: Callable[..., Deployment]) -> Deployment:
    """A deployment whose second release has added to the schema of the first."""
    deployment = deploy()
    # The image of the code as it is may have a tag of another deployment, which keeps it.
    deployment.change_code()
    deployment.release()
    _revision(deployment, "9001", ADDS, after=_head(deployment))
    deployment.release()
    return deployment


def test_a_rollback_across_an_additive_revision_loses_no_request(migrated: Deployment) -> None:
    later = migrated.version()
    with load(migrated.url) as traffic:
        traffic.wait_for(100)
        outcome = migrated.tool("rollback")
        traffic.wait_for(len(traffic.answers) + 100)
    assert outcome.status == 0, outcome.text
    assert not traffic.failures, traffic.failures[:3]
    assert not re.search(r"(created|updated|creating …|updating …) +image ", outcome.text), (
        f"it was built again: {outcome.text}"
    )
    assert migrated.version() != later
    assert len(migrated.containers("api-")) == 2


def test_the_next_up_after_a_rollback_releases_the_working_copy(migrated: Deployment) -> None:
    earlier = migrated.version()
    migrated.release()
    assert migrated.version() != earlier
    assert "image:" not in (migrated.folder / "Pulumi.local.yaml").read_text(), (
        "the rollback has left its choice behind"
    )


def test_the_list_of_releases_shows_those_that_a_rollback_can_take(migrated: Deployment) -> None:
    lines = migrated.tool("releases").text.splitlines()
    names = [line.split()[0] for line in lines[1:] if re.match(r"[0-9a-f]{12} ", line)]
    assert len(names) == 4, "first, second, back to the first, and the second again"
    assert names[0] == names[2] != names[1] == names[3]
    assert lines[1].endswith("serves now")
    assert lines[2].endswith("yes")


def test_a_revision_that_breaks_the_previous_release_is_refused_before_it_runs(
    migrated: Deployment,
) -> None:
    before = migrated.version()
    _revision(migrated, "9002", RENAMES, after="9001")
    preview = migrated.preview()
    assert '"9002_later"' in preview.text, "a preview names what is pending"
    outcome = migrated.up()
    assert outcome.status != 0
    assert "9002" in outcome.text
    assert "[renaming-column]" in outcome.text, outcome.text
    assert "Traceback" not in outcome.text
    assert migrated.version() == before


def test_a_rollback_across_a_breaking_revision_is_refused_and_changes_nothing(
    migrated: Deployment,
) -> None:
    _revision(migrated, "9002", RENAMES, after="9001", accepted="a better name")
    migrated.release()
    serving, version = migrated.names(), migrated.version()
    early = migrated.tool("rollback")
    assert early.status != 0
    assert "renaming-column: a better name" in early.text, "the reason is the revision's own"
    assert "Deploying stack" not in early.text, "it is refused before Pulumi's engine starts"
    # The migration refuses the same where a person runs `pulumi up` instead.
    image = _image(migrated, migrated.tool("releases").text.splitlines()[2].split()[0])
    migrated.configure("image", image)
    outcome = migrated.up()
    migrated.must("config", "rm", "image", "--stack", "local")
    assert outcome.status != 0
    assert "older than the database's schema; nothing was changed" in outcome.text, outcome.text
    assert (migrated.names(), migrated.version()) == (serving, version)


def test_images_beyond_the_number_to_keep_are_removed(migrated: Deployment) -> None:
    migrated.configure("keepReleases", "2")
    oldest = re.findall(r"^([0-9a-f]{12}) ", migrated.tool("releases").text, re.M)[-1]
    for number in range(2):
        migrated.edit("app/main.py", f"# one more {number}")
        migrated.release()
    kept = [tag for image in migrated.client.images.list() for tag in image.tags]
    assert sum(f":{migrated.name}-" in tag for tag in kept) == 2
    refused = migrated.tool("rollback", oldest)
    assert refused.status != 0
    assert "its image is not kept" in refused.text, refused.text
    assert "renaming-column: a better name" in refused.text, "a build of its commit would fail"


def _revision(running: Deployment, name: str, statement: str, *, after: str, **why: str) -> None:
    accepted = {"renaming-column": why["accepted"]} if why else {}
    path = running.folder / "service/migrations/versions" / f"{name}_later.py"
    path.write_text(
        f'"""A revision of a test."""\nfrom alembic import op\nrevision = "{name}"\n'
        f'down_revision = "{after}"\naccepted = {accepted!r}\n'
        f'def upgrade() -> None:\n    op.execute("{statement}")\n'
    )


def _head(running: Deployment) -> str:
    versions = (running.folder / "service/migrations/versions").glob("[0-9]*_*.py")
    return max(path.name for path in versions).partition("_")[0]


def _image(running: Deployment, short: str) -> str:
    return str(running.client.images.get(f"{ROOT}:{running.name}-{short}").id)


ROOT = "ghcr.io/owner/task-manager-api"
