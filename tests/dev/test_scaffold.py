"""`make new`: the project under another name is a project that holds to its own tests."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from bootstrap.paths import ROOT, VENV
from dev import scaffold
from testkit import own_app
from testkit.working_copy import tracked

OURS = re.compile(r"task[-_ ]?manager|task_user", re.IGNORECASE)
# Of the machine, not of the project: the cache, and the images that all projects share.
OF_THE_MACHINE = re.compile(r".cache/taskmanager|taskmanager-offline|taskmanager.lab")


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy for another service."""
    folder = tmp_path_factory.mktemp("new") / "orders"
    scaffold.copy("orders", "acme", to=folder)
    return folder


def _run(orders: Path, *command: str) -> None:
    words = [str(VENV / "bin" / command[0]), *command[1:]]
    # The packages are this clone's: without this they bring its code along.
    path = os.pathsep.join([str(orders), str(orders / "service")])
    environment = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        words, cwd=orders, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_copy_has_every_file(orders: Path) -> None:
    assert tracked(orders) == tracked()


def test_the_copy_begins_with_one_commit_and_no_changes_of_this_project(orders: Path) -> None:
    said = [
        subprocess.run(["git", *words], cwd=orders, check=True, capture_output=True, text=True)
        for words in (["log", "--format=%s"], ["status", "--porcelain"])
    ]
    assert [done.stdout for done in said] == ["Begin\n", ""]
    assert (orders / "CHANGELOG.md").read_text().endswith("\n## Unreleased\n")


def test_a_copy_needs_no_package_of_this_clone(tmp_path: Path) -> None:
    # As on a machine where set-up has not run: nothing but Python's own modules.
    command = [sys.executable, "-S", "-c", "import dev.scaffold"]
    subprocess.run(command, check=True, cwd=ROOT)


def test_the_idiom_of_fastapi_passes_lint(orders: Path) -> None:
    (orders / "service/app/idiom.py").write_text(
        '"""A parameter as in the documents."""\n\nfrom fastapi import Depends, Query\n'
        '\n\ndef present() -> str:\n    """Nothing."""\n    return ""\n\n\n'
        'def route(user: str = Depends(present), page: int = Query(1)) -> str:\n    """Both."""\n'
        '    return f"{user}{page}"\n'
    )
    _run(orders, "ruff", "check", "service/app/idiom.py")
    (orders / "service/app/idiom.py").unlink()


def test_the_old_name_is_nowhere_in_the_copy(orders: Path) -> None:
    left: list[str] = []
    for file in tracked(orders):
        ours = not str(file).startswith(scaffold.SHARED) and file.name not in ("go.mod", "go.sum")
        if not ours or (orders / file).is_symlink():
            continue
        assert not OURS.search(str(file)), file
        lines = (orders / file).read_text().splitlines()
        left += [f"{file}: {line}" for line in lines if OURS.search(OF_THE_MACHINE.sub("", line))]
    assert left == []


def test_the_copy_passes_lint_and_contract_tests(orders: Path) -> None:
    _run(orders, "ruff", "check", ".")
    _run(orders, "ruff", "format", "--check", ".")
    _run(orders, "pytest", "-q", "--collect-only", "tests")
    _run(orders, "pytest", "-q", "tests/contract")


def test_the_smallest_app_in_the_copy_passes_the_contract_tests(orders: Path) -> None:
    own_app.put_into(orders / "service")
    _run(orders, "pytest", "-q", "tests/contract")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "NAME is ''; accepted: 2 to 20"),
        (("Orders",), "NAME is 'Orders'"),
        (("orders", "Acme Inc"), "OWNER is 'Acme Inc'"),
        (("orders", "acme", "."), "is not empty"),
    ],
)
def test_a_wrong_name_is_refused_with_the_accepted_ones(words: Sequence[str], message: str) -> None:
    command = [sys.executable, "-m", "dev.scaffold", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Fix: " in done.stderr
    assert "Traceback" not in done.stderr
