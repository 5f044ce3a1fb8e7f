"""Run a command so that it reaches a stack's host.

For a host on AWS that is ssh with settings of its own, from the stack's configuration: nothing has
to be written into `~/.ssh/config`, and what is there still counts.
"""

import hashlib
import os
import re
import shlex
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from cli.stack import Stack
from infra import project
from infra.errors import UserError

# Room for the provider's parallel operations, and no more than the host's sshd takes.
PARALLEL = "16"
# In front, because ssh takes the first value that it is given of an option.
SETTINGS = """\
# Written by cli.ssh_config for stack {stack}, from its configuration.
Include ~/.ssh/config
Host *
  UserKnownHostsFile "{folder}/known_hosts"
  StrictHostKeyChecking yes
  # One connection for all that a deployment does: sshd limits how many begin at once.
  ControlMaster auto
  ControlPath "{control}/tm-%C"
  # Longer than most builds: whoever comes after one finds it still open.
  ControlPersist 600
  ServerAliveInterval 15
"""
# Nothing that DOCKER_SSH_OPTS or ssh's own settings give a meaning to.
PLAIN = re.compile(r"""[^\s%$"'\\]+""")
PROXY = "  ProxyCommand {python} -m cli.ssm_proxy %h %p {region}\n"


def environment(stack: Stack) -> dict[str, str]:
    """The variables with which a command reaches a host on AWS.

    DOCKER_SSH_OPTS with a file of one's own (`-F`) is left as it is.
    """
    given = os.environ.get("DOCKER_SSH_OPTS", "")
    if "-F" in given.split():
        return {}
    options = f"-F {_write(stack)} {given}".strip()
    return {"DOCKER_SSH_OPTS": options, "PULUMI_PARALLEL": PARALLEL}


def prepare(stack: Stack) -> bool:
    """Let this process and its commands reach the host of `stack`; whether that is elsewhere."""
    elsewhere = stack.setting("target") == "ec2"
    if elsewhere:
        os.environ.update(environment(stack))
    return elsewhere


def _write(stack: Stack) -> Path:
    control = Path(os.environ.get("XDG_RUNTIME_DIR") or Path.home() / ".ssh")
    own = project.root() / ".local" / "ssh"
    for folder in (own, control):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    own = _plain(own, control)
    text = SETTINGS.format(stack=stack.name, folder=own, control=control)
    if stack.setting("access") == "ssm":
        python = shlex.quote(sys.executable).replace("%", "%%")
        text += PROXY.format(python=python, region=stack.setting("region"))
    file = own / f"{stack.name}.config"
    file.write_text(text)
    return file


def _plain(folder: Path, control: Path) -> Path:
    """`folder` by a path that needs no quotes: a link in `control` where its own does.

    The provider splits DOCKER_SSH_OPTS at blanks, and ssh replaces `%` and `$` in its settings.
    """
    if PLAIN.fullmatch(str(folder)):
        return folder
    link = control / f"taskmanager-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
    if not PLAIN.fullmatch(str(link)):
        raise UserError(
            f"ssh cannot be given a file in {folder}, nor one in {control}: accepted are folders "
            "without blanks, quotes, % $ and \\ in their path. "
            "Fix: export XDG_RUNTIME_DIR=… with the path of such a folder"
        )
    with suppress(FileExistsError):
        link.symlink_to(folder)
    return link


def main(name: str, *command: str) -> int:
    """Run `command` and give its exit status."""
    prepare(Stack(name))
    return subprocess.run(command, check=False).returncode
