"""A stack on the fake AWS, from an empty account to an empty account; everything else is real.

Its tests share one deployment, so they run in one process, in the order of their files' names.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from testkit.fake_aws.rehearsal import Rehearsal
from testkit.fake_aws.sandbox import sandbox


@pytest.fixture(scope="package")
def deployed() -> Iterator[Rehearsal]:
    """A stack that is up; each test of this folder goes on from where the one before ended."""
    if os.geteuid() != 0:
        pytest.skip("makes namespaces and block devices")
    with (
        tempfile.TemporaryDirectory(prefix="tmr-") as folder,
        sandbox(Path(folder) / "s") as running,
    ):
        rehearsal = Rehearsal.of("dev", running)
        rehearsal.prepare()
        shown = rehearsal.preview_text()
        assert "errored" not in shown, "the address is not known yet, and that is fine"
        assert "reached by plain HTTP" in shown, "a person learns it now and not later"
        yield rehearsal
