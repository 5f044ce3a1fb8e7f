"""The commands that the documents tell a person to run, and where each of them is run."""

import re
from dataclasses import dataclass
from pathlib import Path

from bootstrap.paths import ROOT
from testkit.working_copy import tracked

FENCED = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.M | re.S)
INLINE = re.compile(
    r"`((?:make |docker compose |taskmanager |python -m [a-z]|echo |\. \.local/env && )[^`]+)`"
)
COMMENT = re.compile(r"(^|\s+)# .*")

TESTS = "tests/e2e/test_"
AWS = "tests/e2e/ec2_stack/, with moto for AWS; the unit tests of both stacks"
ACCOUNT = "needs an account of AWS, of GitHub or of Pulumi Cloud"
STATE = f"{ACCOUNT}; tests/bootstrap/test_state.py and tests/cli/test_state_bucket.py"
ELSEWHERE = {
    # This runs the test itself, or a part of it.
    r"make test( ONLY=.*)?|make lint|.*pytest .*": "`make test` is what runs the tests",
    # Names of commands in sentences; the same commands with values are run.
    r"make (ci-\w+|scale|pause|logs|dev|new|maintenance-on|cost|replace-host)": (
        "the name of a command"
    ),
    r"make new NAME=orders OWNER=(you|your-github-name)": "as the README's",
    r"make (bench|bench-release|bench-service)( .*)?|python -m benchmarks\..*": (
        "a measurement: minutes, on an idle machine"
    ),
    r"make (format|lock|lock UPGRADE=1|audit)": "changes the working copy, or asks the internet",
    r"make docs": "tests/dev/test_generated.py compares its result with the documents",
    r"make adopt": f"{TESTS}by_hand.py, as it wants a clone without a state",
    r"make rollback TO=.*": f"{TESTS}rollback.py",
    r"make up IMAGE=.*": f"{TESTS}prebuilt_image.py and tests/e2e/ec2_stack/",
    r".*pulumi up --stack local": f"{TESTS}release.py, and every other",
    r"make .*STACK=.*|make replace-host .*|taskmanager with-ssh .*": AWS,
    r"make bootstrap-state": STATE,
    r"make github|make policies": "asks GitHub and AWS; tests/cli/test_trust.py has their answers",
    r".*pulumi config set -s (dev|prod) .*": AWS,
    r"pulumi (login|preview|stack init|stack export|stack import)\b.*": STATE,
    r"export PYTHON_VERSION=.*": f"{TESTS}readme.py, before each command of compose",
    r"git add Pulumi\.(dev|prod)\.yaml && .*": "commits settings that are not made here",
    r"(aws|gh) .*|export (AWS|GITHUB|STATE|DOCKER_SSH)_\w+=.*": ACCOUNT,
    r"docker compose (up --build|logs --follow api)": "goes on until Ctrl-C",
    r"docker compose build --no-cache api": "the build of `up --build`, minutes longer",
    r"make restore TO=.*": f"{TESTS}backups.py, to times that there are backups of",
    r"docker (volume|exec|restart|run) .*": "takes or moves the data; done by hand",
    r"pulumi config get .* --stack prod": "shows a secret of a stack that only its owner has",
    r"prometheus-node-exporter .*": "goes on until Ctrl-C; its reading was looked at by hand",
    r"docker image prune .*": "takes what others on the machine have built",
    r"taskmanager run COMMAND": f"{TESTS}processes.py, with its status, its output and signals",
    r"taskmanager env .*": f"{TESTS}data_and_secrets.py and tests/cli/test_env.py",
    r"python -m app\.settings": (
        "tests/service/test_start_settings.py, and in a container of the image"
    ),
    r"docker (ps|inspect|logs) .*|python -m cli\.ssh_config .*": "needs a container that failed",
    r"TASKMANAGER_DEBUG=1 make up|pulumi (up|preview|stack history) --stack local.*": (
        "changes what is printed, not what is done"
    ),
}
"""Commands that tests/e2e/test_readme.py does not run: the reason, or the test that does."""


@dataclass(frozen=True)
class Command:
    """`text` as `document` has it."""

    document: str
    text: str


def documented() -> list[Command]:
    """The lines of every shell block, and the project's own commands inside of sentences."""
    documents = [file for file in tracked() if file.suffix == ".md"]
    return [command for file in sorted(documents, key=_order) for command in _of(file)]


def elsewhere(text: str) -> str | None:
    """The reason why `text` is not run here, or the test that runs it; None if it is run here."""
    for pattern, reason in ELSEWHERE.items():
        if re.fullmatch(pattern, text):
            return reason
    return None


def _order(file: Path) -> tuple[int, str]:
    """The README first, as a person reads."""
    return (file.name != "README.md") + (file.parent.name == "docs"), str(file)


def _of(file: Path) -> list[Command]:
    text = (ROOT / file).read_text()
    lines: list[str] = []
    for language, block in FENCED.findall(text):
        if language in ("bash", "sh"):
            lines += block.replace("\\\n", " ").splitlines()
    lines += [" ".join(span.split()) for span in INLINE.findall(FENCED.sub("", text))]
    commands = (COMMENT.sub("", line).strip() for line in lines)
    return [Command(str(file), command) for command in dict.fromkeys(commands) if command]
