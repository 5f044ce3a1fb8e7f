"""ssh through Session Manager, to the host that has an address: `ssm_proxy ADDRESS PORT REGION`.

The ProxyCommand of `cli.ssh_config`. Needs the AWS command line with its Session Manager plugin,
and no open port.
"""

import os
import subprocess
import sys

from infra import project


def main(address: str, port: str, region: str) -> int:
    """Become a session with the machine that `address` belongs to now."""
    machine = _remembered(address) or _found(address, region)
    if not machine.startswith("i-"):
        print(f"No machine has the address {address} in {region}.", file=sys.stderr)
        return 1
    session = ["aws", "ssm", "start-session", "--target", machine, "--region", region]
    document = ["--document-name", "AWS-StartSSHSession", "--parameters", f"portNumber={port}"]
    return os.execvp("aws", [*session, *document])  # noqa: S606 - no shell wanted


def _remembered(address: str) -> str:
    """The machine that `infra.ssh.remember` wrote down; an AWS command takes a second or two."""
    file = project.root() / ".local" / "ssh" / f"{address}.machine"
    return file.read_text().strip() if file.exists() else ""


def _found(address: str, region: str) -> str:
    query = ["--query", "Addresses[0].InstanceId", "--output", "text", "--region", region]
    lookup = ["aws", "ec2", "describe-addresses", "--public-ips", address, *query]
    return subprocess.run(lookup, check=False, stdout=subprocess.PIPE, text=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
