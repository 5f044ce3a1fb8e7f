"""How long something took, and when a service is ready."""

import time
from collections.abc import Callable

import requests

START_LIMIT_SECONDS = 60


def seconds(run: Callable[[], object]) -> float:
    """How long `run` takes."""
    began = time.monotonic()
    run()
    return time.monotonic() - began


def wait_until_ready(url: str) -> None:
    """Return when the service at `url` says that it is ready.

    Raises TimeoutError after START_LIMIT_SECONDS.
    """
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while time.monotonic() < deadline:
        try:
            if requests.get(f"{url}/ready", timeout=2).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise TimeoutError(f"{url} was not ready within {START_LIMIT_SECONDS} s")
