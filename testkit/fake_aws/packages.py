"""dnf's part inside a machine: `dnf install --assumeyes PACKAGE…`.

What it needs is real: the lock of rpm, which another process may hold, and a way to the network.
The programs are those of the machine that rehearses.
"""

import fcntl
import socket
import subprocess
import sys
import time
from pathlib import Path

from testkit.fake_aws import cloud_init, machines, units

LOCK = Path("/run/rehearsal-rpm.lock")
AGENT_SECONDS, LOST_SECONDS = 14, 6
"""How long, after a first boot, the SSM agent holds the lock, and no repository is reached."""
REPOSITORY = (machines.GATEWAY, 443)
PROGRAMS = {
    "amazon-cloudwatch-agent": "/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
}


def main(words: list[str]) -> int:
    """Install, or say why not in dnf's words."""
    if words[:2] != ["install", "--assumeyes"]:
        raise SystemExit(f"the rehearsal has no dnf {' '.join(words)}")
    try:
        with socket.create_connection(REPOSITORY, timeout=3):
            pass
    except OSError as error:
        print(f"Error: Failed to download metadata for repo 'amazonlinux': {error}")
        return 1
    with LOCK.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(
                "RPM: error: can't create transaction lock on /var/lib/rpm/.rpm.lock "
                "(Resource temporarily unavailable)"
            )
            return 1
        for package in words[2:]:
            cloud_init.write(units.INSTALLED / package, "installed\n")
            if program := PROGRAMS.get(package):
                cloud_init.write(Path(program), "#!/bin/sh\nexit 0\n", mode=0o755)
    print("Complete!")
    return 0


def hold_lock(seconds: float) -> None:
    """Be another process that installs something."""
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        time.sleep(seconds)


def lose_network(seconds: float) -> None:
    """Reach no repository for a while: the Elastic IP takes the place of the first address."""
    host, port = REPOSITORY
    rule = ["OUTPUT", "-d", host, "-p", "tcp", "--dport", str(port), "-j", "REJECT"]
    subprocess.run(["iptables", "-I", *rule], check=True)
    time.sleep(seconds)
    subprocess.run(["iptables", "-D", *rule], check=True)


if __name__ == "__main__":
    if sys.argv[1] == "hold-lock":
        hold_lock(float(sys.argv[2]))
    elif sys.argv[1] == "lose-network":
        lose_network(float(sys.argv[2]))
    else:
        sys.exit(main(sys.argv[1:]))
