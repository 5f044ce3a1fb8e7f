"""The pipeline's texts for people."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.pipeline import access, drift, images
from cli.pipeline.github import Repository
from cli.pipeline.preview import migrations
from cli.pipeline.report import MARK, Change, Preview, comment
from infra.errors import UserError
from tests.cli.github import GitHub, serving


@pytest.fixture
def github() -> Iterator[tuple[GitHub, Repository]]:
    with serving() as (state, address):
        yield state, Repository(address, "owner/tasks", "t0ken")


def test_a_pull_request_has_one_preview_that_is_kept_current(
    github: tuple[GitHub, Repository],
) -> None:
    state, repository = github
    # The comments of others fill more than a page.
    state.kept["comments"] = [{"id": number, "body": "nice"} for number in range(100, 250)]
    for text in ("first", "second"):
        repository.comment(7, mark=MARK, text=f"{MARK}\n{text}")
    marked = [each["body"] for each in state.kept["comments"] if MARK in each["body"]]
    assert marked == [f"{MARK}\nsecond"]
    assert state.tokens == {"Bearer t0ken"}


def test_drift_is_one_issue_until_it_is_gone(github: tuple[GitHub, Repository]) -> None:
    state, repository = github
    for found in ("a port", "two ports"):
        text = drift.text("dev", "<!-- mark -->", found)
        repository.issue(title="drift", mark="<!-- mark -->", text=text)
    repository.close("<!-- mark -->")
    repository.close("<!-- mark -->")
    [issue] = state.kept["issues"]
    assert "two ports" in issue["body"]
    assert issue["state"] == "closed"


def test_a_github_that_is_not_there_is_told_without_a_traceback() -> None:
    nowhere = Repository("http://127.0.0.1:9", "owner/tasks", "t0ken")
    with pytest.raises(UserError, match="GET issues/1/comments"):
        nowhere.comment(1, mark="m", text="m")


def test_the_comment_counts_what_changes_and_names_the_migrations() -> None:
    counts = {"create": 2, "update": 1, "replace": 3, "same": 40}
    preview = Preview(stack="dev", text="", failed=False, counts=counts, cost=("$21.10", "$34.90"))
    text = comment(Change(previews=[preview], migrations={"0003_due": "Tasks have a due date."}))
    assert text.startswith(MARK)
    assert "| `dev` | 2 | 1 | 3 | 0 | $21.10 → $34.90 |" in text
    assert "- `0003_due`: Tasks have a due date." in text


def test_a_comment_fits_whatever_the_stacks_print() -> None:
    long = Preview(stack="prod", text="x```\n" * 30_000, failed=True)
    text = comment(Change(previews=[long, long]))
    assert len(text) < 65_536
    assert "the preview failed" in text
    assert text.count("```") == 4, "what is printed cannot end its own frame"


def test_new_revisions_are_pending_and_edited_ones_are_not(tmp_path: Path) -> None:
    versions = tmp_path / "service" / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "0001_first.py").write_text('"""First."""\n')
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b.c")
    for words in (("init", "-q"), ("add", "."), ("commit", "-qm", "first")):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    (versions / "0001_first.py").write_text('"""Edited."""\n')
    (versions / "0002_due.py").write_text('"""Tasks have a due date.\n\nLong."""\n')
    subprocess.run([*git, "add", "."], cwd=tmp_path, check=True)
    assert migrations("HEAD", tmp_path) == {"0002_due": "Tasks have a due date."}


def test_the_deployers_key_is_for_the_runner_alone_and_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SSH_PRIVATE_KEY", "-----BEGIN OPENSSH PRIVATE KEY-----\nx\n")
    assert [access.main(), access.main()] == [0, 0]
    key, config = tmp_path / ".ssh" / access.KEY, tmp_path / ".ssh" / "config"
    assert key.stat().st_mode & 0o777 == 0o600
    assert config.read_text().count("IdentityFile") == 1


def test_a_secret_that_is_not_set_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SSH_PRIVATE_KEY", "")
    assert access.main() == 1
    assert "docs/github.md" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("status", "said", "found"),
    [
        (0, '{"digest": "sha256:ab"}', "sha256:ab"),
        (1, "not found", ""),
        (0, "no JSON", ""),
    ],
    ids=["built already", "not yet", "another buildx"],
)
def test_the_same_files_are_built_once(
    monkeypatch: pytest.MonkeyPatch, status: int, said: str, found: str
) -> None:
    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, status, said, "")

    monkeypatch.setattr(images.subprocess, "run", run)
    assert images.digest("ghcr.io/owner/api:abc") == found


def test_a_host_that_could_not_be_looked_at_is_no_difference(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_stack: object) -> None:
        raise UserError("ssh://deploy@203.0.113.10 cannot be reached: timed out")

    monkeypatch.setattr(drift, "attached", refuse)
    monkeypatch.setattr(drift.Repository, "of_the_workflow", lambda: pytest.fail("no issue"))
    assert drift.main("dev") == 1, "the job fails, so that it is seen"
    assert "could not be compared" in capsys.readouterr().err
