"""Prove through the public address that a release answers."""

import requests
from tenacity import Retrying, retry_if_not_result, stop_after_delay, wait_fixed

from infra.steps.failure import StepFailed

TRY_SECONDS = 5
LIMIT_SECONDS = 20
CERTIFICATE_SECONDS = 180
"""For the first answer by HTTPS: the name has to be known, and an authority to sign."""
POLL_SECONDS = 0.5


def verify(url: str, release: str, *, answers: int, limit: float = LIMIT_SECONDS) -> None:
    """Return when `answers` requests in a row at `url` were served by `release`, ready.

    Raises StepFailed with the last wrong answer when `limit` seconds have passed.
    """
    attempts = Retrying(
        retry=retry_if_not_result(lambda problem: problem is None),
        wait=wait_fixed(POLL_SECONDS),
        stop=stop_after_delay(limit),
        retry_error_callback=lambda state: state.outcome and state.outcome.result(),
    )
    problem = attempts(_first_problem, url, release, answers)
    if problem:
        raise StepFailed(f"The new release does not answer at {url}: {problem}.")


def _first_problem(url: str, release: str, answers: int) -> str | None:
    problems = (_problem(url, release) for _ in range(answers))
    return next(filter(None, problems), None)


def _problem(url: str, release: str) -> str | None:
    try:
        with requests.Session() as session:
            # Users reach the service directly. The deployer's HTTP proxy knows no loopback address.
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
