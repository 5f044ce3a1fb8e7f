"""A real browser without a window: the page that it renders, and all that it asked for."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bootstrap import shell

PROGRAM = "chromium"
LIMIT_SECONDS = 120
# The page's own clock: how long its scripts may go on before the page is read.
RENDERING_MS = 20_000
OPTIONS = (
    "--headless",
    # As root, which tests run as in containers, the sandbox does not start.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    # Its own requests stay on this machine, too.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@dataclass(frozen=True)
class Visit:
    """dom: the document after its scripts ran. hosts: all that the page asked for something.

    console: each line that the page, or the browser about it, wrote.
    """

    dom: str
    hosts: set[str]
    console: list[str]


def visit(url: str, folder: Path) -> Visit:
    """Opens the page with a new profile in the folder; installs Chromium where it is missing."""
    if shutil.which(PROGRAM) is None:
        shell.apt_install(PROGRAM)
    network_log = folder / "network.json"
    done = subprocess.run(
        [
            *(PROGRAM, *OPTIONS, "--enable-logging=stderr", "--dump-dom"),
            *(f"--user-data-dir={folder / 'profile'}", f"--log-net-log={network_log}"),
            *(f"--virtual-time-budget={RENDERING_MS}", url),
        ],
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=True,
    )
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return Visit(done.stdout, _hosts(network_log), console)


def _hosts(network_log: Path) -> set[str]:
    """The hosts of all requests that the page began, whether or not one was answered."""
    events = json.loads(network_log.read_text())["events"]
    # The browser's own requests, and the one for the page itself, have no origin.
    addresses = [
        urlsplit(event["params"]["url"])
        for event in events
        if str(event.get("params", {}).get("initiator", "")).startswith("http")
    ]
    return {address.hostname for address in addresses if address.hostname}
