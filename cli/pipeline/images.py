"""Find the images that were built of these files already.

Prints the lines that a step puts into GITHUB_OUTPUT. An image is tagged by its files: the same
files are built once, `prod` gets the image that `dev` ran, and a merge that leaves them alone
releases nothing.
"""

import json
import subprocess
import sys
from dataclasses import dataclass

from cli.stack import Stack
from infra import project
from infra.errors import UserError

# Configuration key to what the image is made of.
FOLDERS = {"image": "service", "postgresImage": "infra/images/postgres"}
# Stands for an image in a preview, where nothing is built; pulling it would fail.
NOT_BUILT = f"sha256:{'0' * 64}"


@dataclass(frozen=True)
class Tagged:
    """An image by its tag, with the digest in the registry; empty if it is not there."""

    repository: str
    tag: str
    digest: str

    @property
    def reference(self) -> str:
        """The image that a stack runs; in a preview also if there is none yet."""
        return f"{self.repository}@{self.digest or NOT_BUILT}"


def main(name: str) -> int:
    """Print name, tag and digest of each image of stack `name`."""
    try:
        images, python = tagged(Stack(name)), Stack(name).setting("pythonVersion")
    except UserError as failure:
        print(failure, file=sys.stderr)
        return 1
    print(f"python={python}")
    for key, image in images.items():
        print(f"{key}-tag={image.repository}:{image.tag}\n{key}-digest={image.digest}")
    print(f"repository={images['image'].repository}")
    return 0


def tagged(stack: Stack) -> dict[str, Tagged]:
    """The images of the files as they are committed, by their configuration keys."""
    repository, python = stack.setting("repository"), stack.setting("pythonVersion")
    suffix = {"image": f"-python{python}", "postgresImage": "-postgres"}
    tags = {key: f"{_tree(folder)}{suffix[key]}" for key, folder in FOLDERS.items()}
    return {
        key: Tagged(repository, tag, digest(f"{repository}:{tag}")) for key, tag in tags.items()
    }


def digest(reference: str) -> str:
    """The digest that a tag stands for in the registry; empty if there is no such tag."""
    command = ["docker", "buildx", "imagetools", "inspect", reference]
    try:
        done = subprocess.run(
            [*command, "--format", "{{json .Manifest}}"],
            check=False,
            capture_output=True,
            text=True,
        )
        return str(json.loads(done.stdout)["digest"]) if done.returncode == 0 else ""
    except (json.JSONDecodeError, KeyError, FileNotFoundError):
        return ""


def _tree(folder: str) -> str:
    command = ["git", "rev-parse", f"HEAD:{folder}"]
    done = subprocess.run(command, cwd=project.root(), check=True, capture_output=True, text=True)
    return done.stdout.strip()[:16]
