"""Prove through the public address that a release answers."""

import time

import requests

from infra.steps.containers import JobFailed

TRY_SECONDS = 5
LIMIT_SECONDS = 20
POLL_SECONDS = 0.5


def verify(url: str, release: str, *, answers: int) -> None:
    """Return when `answers` requests in a row at `url` were served by `release`, ready.

    Raises JobFailed, saying what came instead, when LIMIT_SECONDS have passed.
    """
    deadline = time.monotonic() + LIMIT_SECONDS
    good = 0
    while good < answers:
        problem = _problem(url, release)
        if problem is None:
            good += 1
            continue
        if time.monotonic() > deadline:
            raise JobFailed(f"The new release does not answer at {url}: {problem}.")
        good = 0
        time.sleep(POLL_SECONDS)


def _problem(url: str, release: str) -> str | None:
    try:
        with requests.Session() as session:
            # The users' way in, not the deployer's HTTP proxy, which knows no loopback address.
            session.trust_env = False
            version = session.get(f"{url}/version", timeout=TRY_SECONDS)
            ready = session.get(f"{url}/ready", timeout=TRY_SECONDS)
    except requests.RequestException as error:
        return f"no connection ({type(error).__name__})"
    for response in (version, ready):
        if response.status_code != requests.codes.ok:
            return f"{response.url} answers {response.status_code}"
    answered = _version(version)
    return None if answered == release else f"{answered} answers in its place"


def _version(response: requests.Response) -> str:
    try:
        return str(response.json()["version"])
    except (ValueError, TypeError, KeyError):
        return "something without a version"
