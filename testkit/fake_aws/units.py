"""systemd's part inside a machine: `systemctl WORDS`, for the units that bootstrap.yaml uses."""

import subprocess
import sys
import time
from configparser import ConfigParser
from pathlib import Path

from bootstrap.paths import ROOT

UNITS = Path("/etc/systemd/system")
BOOTSTRAP = "taskmanager-bootstrap"
NOT_HERE = ("taskmanager-maintenance.timer",)
"""Wait for a day that no rehearsal reaches."""
PACKAGE = {"docker": "docker"}
"""The package that has to be installed before a unit is known."""
INSTALLED = Path("/var/lib/rehearsal-packages")


def main(words: list[str]) -> int:
    """Answer as the real command does, for what is asked of it here."""
    options = [word for word in words if word.startswith("-")]
    verb, *units = [word for word in words if not word.startswith("-")]
    if verb == "daemon-reload":
        return 0
    if verb not in ("enable", "start"):
        raise SystemExit(f"the rehearsal has no systemctl {verb}")
    for unit in units:
        if verb == "start" or "--now" in options:
            start(unit.removesuffix(".service"))
    return 0


def start(unit: str) -> None:
    """Start a unit; a set-up that has succeeded once is not started again."""
    if unit in NOT_HERE:
        return
    if unit == "docker":
        if not (INSTALLED / PACKAGE[unit]).exists():
            raise SystemExit("Failed to start docker.service: Unit docker.service not found.")
        command = [sys.executable, "-m", "testkit.fake_aws.docker_service"]
        subprocess.run(command, cwd=ROOT, check=True)
        return
    if unit != BOOTSTRAP:
        raise SystemExit(f"the rehearsal has no unit {unit}")
    settings = read(unit)
    if not Path(settings["Unit"]["ConditionPathExists"].removeprefix("!")).exists():
        command = [sys.executable, "-m", "testkit.fake_aws.units", "keep-trying", unit]
        subprocess.Popen(command, cwd=ROOT, start_new_session=True)


def keep_trying(unit: str) -> None:
    """Run a unit until it succeeds, as `Restart=on-failure` does."""
    service = read(unit)["Service"]
    assert (service["Type"], service["Restart"]) == ("oneshot", "on-failure")
    while subprocess.run(service["ExecStart"].split(), check=False).returncode != 0:
        time.sleep(float(service["RestartSec"]))


def read(unit: str) -> ConfigParser:
    """The settings of a unit's file."""
    settings = ConfigParser(interpolation=None)
    settings.optionxform = str  # pyright: ignore[reportAttributeAccessIssue]
    settings.read_string((UNITS / f"{unit}.service").read_text())
    return settings


if __name__ == "__main__":
    if sys.argv[1] == "keep-trying":
        keep_trying(sys.argv[2])
    else:
        sys.exit(main(sys.argv[1:]))
