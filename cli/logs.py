"""The logs of the api containers, merged by time: each request is a line."""

import json
import queue
import subprocess
import threading
import time
from typing import Any

from cli.deployed import Deployed

NEW_CONTAINERS_SECONDS = 2.0
MERGED_SECONDS = 0.3
"""How long lines wait for earlier ones of another container."""
TAIL_LINES = "50"
REQUEST = "app.requests"
SHOWN = ("time", "level", "logger", "message", "release")

Line = tuple[str, str, str]
"""Docker's time of a line, the container without the prefix, the text."""


def show(deployed: Deployed, *, follow: bool = True, as_json: bool = False) -> int:
    """Print the last lines of each container; go on with new ones if `follow`."""
    deployed.running("api-")
    lines: queue.Queue[Line] = queue.Queue()
    seen: set[str] = set()
    readers = _attach(deployed, lines, seen, follow=follow)
    looked = time.monotonic()
    while follow or any(reader.is_alive() for reader in readers) or not lines.empty():
        time.sleep(MERGED_SECONDS)
        waiting = [lines.get() for _ in range(lines.qsize())]
        for when, name, text in sorted(waiting):
            print(f"{name} | {text if as_json else readable(when, text)}", flush=True)
        if follow and time.monotonic() - looked > NEW_CONTAINERS_SECONDS:
            looked = time.monotonic()
            _attach(deployed, lines, seen, follow=True)
    return 0


def readable(when: str, text: str) -> str:
    """A line of the service's log for a person; one that is no JSON stays as it is."""
    clock = when[11:19]
    if not text.startswith("{"):
        return f"{clock} {text}"
    try:
        entry: dict[str, Any] = json.loads(text)
    except ValueError:
        return f"{clock} {text}"
    if entry.get("logger") == REQUEST and "status" in entry:
        words = (entry.get("method"), entry.get("route"), entry["status"], f"{entry.get('ms')} ms")
        return " ".join([clock, *map(str, words), f"id={entry.get('request_id')}"])
    level = str(entry.get("level", "")).upper()
    rest = [f"{key}={value}" for key, value in entry.items() if key not in SHOWN]
    return " ".join([clock, level, str(entry.get("message", "")), *rest])


def _attach(
    deployed: Deployed, lines: "queue.Queue[Line]", seen: set[str], *, follow: bool
) -> list[threading.Thread]:
    """Read from every container that is not in `seen`; of a new one, everything."""
    tail = "all" if seen else TAIL_LINES
    readers: list[threading.Thread] = []
    for container in deployed.containers("api-"):
        if container.id not in seen:
            options = ["--timestamps", "--tail", tail, *(["--follow"] if follow else [])]
            arguments = (deployed, container, options, lines)
            readers.append(threading.Thread(target=_read, args=arguments, daemon=True))
            readers[-1].start()
        seen.add(container.id)
    return readers


def _read(
    deployed: Deployed, container: Any, options: list[str], lines: "queue.Queue[Line]"
) -> None:
    name = str(container.name).removeprefix(f"{deployed.prefix}-")
    process = subprocess.Popen(
        ["docker", "logs", *options, container.name],
        env=deployed.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    for line in process.stdout or ():
        when, _, text = line.rstrip("\n").partition(" ")
        lines.put((when, name, text))
    process.wait()
