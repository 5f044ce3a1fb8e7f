"""A stack whose database, cache and files AWS runs: real servers stand in for them."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit.fake_aws.rehearsal import Rehearsal
from testkit.fake_aws.sandbox import sandbox

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="makes namespaces and block devices")


@pytest.fixture
def managed() -> Iterator[Rehearsal]:
    """Stack `prod`, up and serving; its data may be removed at the end."""
    with (
        tempfile.TemporaryDirectory(prefix="tmr-") as folder,
        sandbox(Path(folder) / "s") as running,
    ):
        rehearsal = Rehearsal.of("prod", running, managed=True)
        rehearsal.prepare()
        rehearsal.release()
        yield rehearsal
        rehearsal.configure("protect", "false")
        rehearsal.release()
        rehearsal.destroy().or_raise(("destroy",))


def test_the_service_works_with_rds_elasticache_and_s3(managed: Rehearsal) -> None:
    title = managed.user.write()
    content = b"kept in a bucket"
    assert managed.user.upload(content) == content
    stored = managed.in_bucket("uploads")
    assert list(stored.values()) == [content], "by the host's rights: no container has a key"
    # RDS takes it over in place, and the containers that come with it know it.
    managed.configure("databasePassword", "another-password-0123456789", "--secret")
    managed.release()
    assert title in managed.user.titles()
    managed.release("--expect-no-changes")
