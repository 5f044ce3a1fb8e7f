"""`make test` runs every test there is."""

from bootstrap.paths import ROOT
from dev.run_tests import STAGES


def test_every_folder_of_tests_belongs_to_one_group() -> None:
    words = [
        word for commands in STAGES.values() for command in commands for word in command.split()
    ]
    folders = sorted(
        {"/".join(file.relative_to(ROOT).parts[:2]) for file in ROOT.glob("tests/**/test_*.py")}
    )
    assert sorted(word for word in words if word.startswith("tests/")) == folders
