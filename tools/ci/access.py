"""Give a runner the way to the host of a stack: `python -m tools.ci.access STACK`.

The private key comes in SSH_PRIVATE_KEY. The host's own key is pinned by the program.
"""

import os
import sys
from pathlib import Path

from tools.setup.paths import REPOSITORY
from tools.stack import Stack, StackError

KEY = "taskmanager_deploy"
# The host is known by its address alone, and a new stack has none yet.
ANY_ADDRESS = "*.*.*.*"


def main(name: str) -> int:
    """Write the key and the settings of ssh for every address."""
    private_key = os.environ.get("SSH_PRIVATE_KEY", "").strip()
    if not private_key:
        print(
            "SSH_PRIVATE_KEY is empty. Fix: put the deployer's private key into the secret "
            "SSH_PRIVATE_KEY of the GitHub environment (docs/github.md)",
            file=sys.stderr,
        )
        return 1
    stack = Stack(name)
    try:
        settings = lines(stack.setting("access"), stack.setting("region"))
    except StackError as failure:
        print(failure, file=sys.stderr)
        return 1
    folder = Path.home() / ".ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder / KEY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{private_key}\n")
    config = folder / "config"
    before = config.read_text() if config.exists() else ""
    if settings not in before:
        config.write_text(f"{settings}\n{before}")
    print(f"ssh reaches the host of {name} by {stack.setting('access')}")
    return 0


def lines(access: str, region: str) -> str:
    """The block of `~/.ssh/config` for hosts reached by `access` (`ssm` or `ssh`)."""
    python = f"env PYTHONPATH={REPOSITORY} {sys.executable}"
    proxy = f"  ProxyCommand {python} -m tools.ssm_proxy %h %p {region}\n"
    return (
        f"Host {ANY_ADDRESS}\n"
        f"  IdentityFile ~/.ssh/{KEY}\n"
        "  IdentitiesOnly yes\n"
        f"{proxy if access == 'ssm' else ''}"
    )


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
