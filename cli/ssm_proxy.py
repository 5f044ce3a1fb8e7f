"""ssh through Session Manager, to the host that has an address: `ssm_proxy ADDRESS PORT REGION`.

The ProxyCommand of `cli.ssh_config`. Needs the AWS command line with its Session Manager plugin,
and no open port.
"""

import os
import subprocess
import sys


def main(address: str, port: str, region: str) -> int:
    """Become a session with the machine that `address` belongs to now."""
    query = ["--query", "Addresses[0].InstanceId", "--output", "text", "--region", region]
    lookup = ["aws", "ec2", "describe-addresses", "--public-ips", address, *query]
    found = subprocess.run(lookup, check=False, stdout=subprocess.PIPE, text=True)
    machine = found.stdout.strip()
    if found.returncode != 0 or not machine.startswith("i-"):
        print(f"No machine has the address {address} in {region}.", file=sys.stderr)
        return 1
    session = ["aws", "ssm", "start-session", "--target", machine, "--region", region]
    document = ["--document-name", "AWS-StartSSHSession", "--parameters", f"portNumber={port}"]
    os.execvp("aws", [*session, *document])  # noqa: S606 - no shell wanted


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
