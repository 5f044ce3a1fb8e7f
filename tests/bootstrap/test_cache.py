"""Caches that outlive a run are whole, and made once."""

import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap import cache


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_an_interrupted_build_leaves_no_half_cache_and_the_next_run_makes_it() -> None:
    def interrupted(directory: Path) -> None:
        (directory / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.made("thing", interrupted)
    assert not (cache.root() / "thing").exists()
    made = cache.made("thing", lambda directory: (directory / "whole").touch())
    assert {file.name for file in made.iterdir()} == {"whole", cache.MARK}


def test_a_directory_that_a_program_made_in_its_place_is_not_taken_for_the_thing() -> None:
    # Pulumi makes its PULUMI_HOME anew after a person deleted the cache.
    (cache.root() / "thing" / "workspaces").mkdir(parents=True)
    assert cache.kept("thing") is None
    assert (cache.made("thing", lambda directory: (directory / "whole").touch()) / "whole").exists()


def test_files_that_a_killed_build_left_are_removed() -> None:
    killed = (
        "import os, signal\nfrom bootstrap import cache\n"
        "cache.made('thing', lambda directory: os.kill(os.getpid(), signal.SIGKILL))"
    )
    subprocess.run([sys.executable, "-c", killed], check=False)
    assert list(cache.root().glob(".thing.making-*")), "the kill came while it was being made"
    cache.made("thing", lambda directory: None)
    assert not list(cache.root().glob(".thing.making-*"))


def test_two_runs_at_the_same_time_make_a_thing_once(tmp_path: Path) -> None:
    made = tmp_path / "made"
    run = (
        "import time\nfrom bootstrap import cache\n"
        f"def make(directory):\n  time.sleep(0.3)\n  open({str(made)!r}, 'a').write('x')\n"
        "cache.made('thing', make)"
    )
    both = [subprocess.Popen([sys.executable, "-c", run]) for _ in range(2)]
    assert [one.wait() for one in both] == [0, 0]
    assert made.read_text() == "x"


@pytest.mark.parametrize(
    "change",
    [
        lambda source: (source / "a").write_text("changed"),
        lambda source: (source / "a").rename(source / "renamed"),
        lambda source: (source / "a").chmod(0o755),
        lambda source: (source / "b").touch(),
    ],
    ids=["content", "name", "mode", "another file"],
)
def test_changed_sources_are_built_anew(tmp_path: Path, change) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a").write_text("a")
    before = cache.fingerprint([source])
    assert cache.fingerprint([source]) == before
    change(source)
    assert cache.fingerprint([source]) != before


def test_a_script_without_its_mode_is_the_same_script(tmp_path: Path) -> None:
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    before = cache.fingerprint([script])
    script.chmod(0o644)
    assert cache.fingerprint([script]) == before, "an archive would have every image made again"
