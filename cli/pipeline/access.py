"""Give a runner the key to the hosts, from SSH_PRIVATE_KEY.

The way there is of `cli.ssh_config`, and the host's own key is pinned by the program.
"""

import os
import sys
from pathlib import Path

KEY = "taskmanager_deploy"
SETTINGS = f"""\
# Hosts are known by their address alone.
Host *.*.*.*
  IdentityFile ~/.ssh/{KEY}
  IdentitiesOnly yes
"""


def main() -> int:
    """Write the key, for its owner alone, and tell ssh to use it."""
    private_key = os.environ.get("SSH_PRIVATE_KEY", "").strip()
    if "PRIVATE KEY" not in private_key:
        print(
            "SSH_PRIVATE_KEY holds no private key. Fix: put the deployer's into the secret of that "
            "name in the GitHub environment (docs/github.md).",
            file=sys.stderr,
        )
        return 1
    folder = Path.home() / ".ssh"
    folder.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(folder / KEY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{private_key}\n")
    config = folder / "config"
    before = config.read_text() if config.exists() else ""
    if SETTINGS not in before:
        config.write_text(f"{SETTINGS}\n{before}")
    print("ssh has the deployer's key")
    return 0
