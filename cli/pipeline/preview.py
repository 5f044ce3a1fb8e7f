"""Preview stacks for a pull request.

Writes the comment to `.local/preview.md`. Builds nothing, pushes nothing, writes no setting.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cli import changes, preview
from cli.pipeline import images
from cli.pipeline.report import Change, Preview, comment
from cli.stack import Stack
from infra import project, revisions

OUTPUT = Path(".local") / "preview.md"
VERSIONS = "service/migrations/versions"


def main(base: str, *stacks: str) -> int:
    """Preview each of `stacks` against the commit `base`; 1 if a preview fails."""
    with tempfile.TemporaryDirectory() as folder:
        before = Path(folder) / "base"
        _git("worktree", "add", "--detach", "--quiet", str(before), base)
        try:
            previews = [_preview(stack, before) for stack in stacks]
        finally:
            _git("worktree", "remove", "--force", str(before))
    change = Change(previews=previews, migrations=migrations(base))
    file = project.root() / OUTPUT
    file.parent.mkdir(exist_ok=True)
    file.write_text(comment(change))
    print(f"\nThe comment is in {OUTPUT}")
    return 1 if any(shown.failed for shown in previews) else 0


def migrations(base: str, repository: Path | None = None) -> dict[str, str]:
    """The first line of every revision that `base` lacks, by file, in the order of their runs."""
    repository = repository or project.root()
    words = ("diff", "--name-only", "--diff-filter=A", base, "--", VERSIONS)
    added = {repository / name for name in _git(*words, cwd=repository).split()}
    ordered = [revision.file for revision in revisions.in_order(repository / "service")]
    files = [*(file for file in ordered if file in added), *sorted(added - set(ordered))]
    found = {file: re.match(r'"""(.*?)(?:"""|\n)', file.read_text()) for file in files}
    return {file.stem: line[1].strip() if line else "" for file, line in found.items()}


def _preview(name: str, before: Path) -> Preview:
    print(f"\n── {name} ──", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        # Of its own, so that what is said here for once stays in no file of the repository.
        settings = Path(folder) / f"Pulumi.{name}.yaml"
        shutil.copy(project.root() / settings.name, settings)
        options = ["--config-file", str(settings), *_images(name)]
        shown = preview.run(["preview", "--stack", name, *options], changes.planned)
    text = "\n".join(shown.lines())
    print(text, flush=True)
    cost = (_cost(before, name), _cost(project.root(), name))
    return Preview(
        stack=name, text=text, failed=bool(shown.problem), counts=shown.counts, cost=cost
    )


def _images(name: str) -> list[str]:
    """The images that the merge would deploy; the pipeline builds them, so a preview need not."""
    found = images.tagged(Stack(name)).items()
    return [f"--config=taskmanager:{key}={image.reference}" for key, image in found]


def _cost(folder: Path, stack: str) -> str:
    """The monthly sum for `stack` by the code in `folder`; empty if it cannot tell."""
    command = [sys.executable, "-m", "cli", "cost", "--stack", stack, "--json"]
    # Of that folder's code and prices.
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env=environment, check=False, capture_output=True, text=True
    )
    return f"{json.loads(done.stdout)['monthly']:.2f} $" if done.returncode == 0 else ""


def _git(*words: str, cwd: Path | None = None) -> str:
    command = ["git", *words]
    folder = cwd or project.root()
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
