"""A fresh clone on the volumes of an earlier one: every secret is another, the data is the same."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import requests

from testkit.deployment import Deployment

USER = {"username": "keeper", "password": "keeps-her-tasks"}
REPOSITORY = "/var/lib/backups"


@pytest.fixture(scope="module")
def earlier(running: Deployment) -> Deployment:
    """A deployment with a user and a backup, removed with its volumes kept."""
    mail = {**USER, "email": "keeper@x.test"}
    requests.post(f"{running.url}/auth/register", json=mail, timeout=10).raise_for_status()
    running.tool("backup").or_raise(("backup",))
    assert running.destroy().status == 0
    return running


@pytest.fixture(scope="module")
def clone(
    earlier: Deployment, deploy: Callable[..., Deployment], tmp_path_factory: pytest.TempPathFactory
) -> Deployment:
    """Another clone of the same name, with secrets of its own."""
    clone = replace(earlier, folder=tmp_path_factory.mktemp("clone"))
    clone.create()
    return clone


def _labels(deployment: Deployment) -> str:
    return deployment.inside("backup", "pgbackrest", "--stanza=main", "--output=json", "info")


def test_its_first_up_serves_the_data_and_says_where_the_backups_are(clone: Deployment) -> None:
    done = clone.release()
    assert requests.post(f"{clone.url}/auth/login", json=USER, timeout=10).status_code == 200
    # Pulumi's engine shows it when it comes, and again among the messages at the end.
    lines = {line.partition("NOTE: ")[2] for line in done.text.splitlines()}
    [note] = lines - {""}
    assert "encrypted with another backupSecret" in note
    assert "pulumi config set --secret taskmanager:backupSecret" in note
    assert "pgbackrest" in clone.inside("backup", "bash", "-c", f"ls {REPOSITORY}/aside/*")


def test_another_secret_later_stops_with_the_true_reason_and_a_restore_says_it_too(
    clone: Deployment, earlier: Deployment
) -> None:
    own = clone.must("config", "get", "backupSecret", "--stack", "local").strip()
    clone.configure("backupSecret", "neither-the-one-nor-the-other-0123456789", "--secret")
    stopped = clone.up()
    assert stopped.status != 0
    assert "another backupSecret, or are damaged" in stopped.text
    assert "Exception calling application" not in stopped.text
    restored = clone.tool("restore", "--yes")
    assert restored.status != 0
    assert "another backupSecret" in restored.text
    assert "Traceback" not in restored.text
    clone.configure("backupSecret", own, "--secret")
    clone.release()


def test_the_earlier_backups_come_back_with_their_secret(
    clone: Deployment, earlier: Deployment
) -> None:
    before = earlier.must("config", "get", "backupSecret", "--stack", "local").strip()
    clone.configure("backupSecret", before, "--secret")
    done = clone.release()
    assert "they are the repository again" in done.text
    assert '"backup":[{' in _labels(clone)
