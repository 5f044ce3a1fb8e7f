"""The limits of an api container, and of the requests to it."""

from typing import Annotated

from infra.validators import Settings, between, conflicting, described, full, parsed

PROXY_SECONDS = 30
"""The longest wait for an answer that kamal-proxy 0.9.2 allows by itself."""
LEAST_CPUS, MOST_CPUS = 0.1, 64


def _processors(text: str) -> float:
    number = float(text)
    if number and not LEAST_CPUS <= number <= MOST_CPUS:
        raise ValueError(text)
    return number


class ApiLimits(Settings):
    """The limits of an api container, and of the requests to it.

    memory: the memory of a container, in MiB.
    cpus: the processors that a container may use; 0: all of the host.
    drain_timeout: the longest request that a switch waits for, in seconds.
    request_timeout: the longest wait of the proxy for an answer to begin, in seconds.
    max_body_size: the largest body of a request that the proxy lets through, in MiB; 0: any.
    """

    memory: int = between(128, 65536, example=512)
    cpus: Annotated[float, parsed(_processors)] = described(
        "0 for no limit, or a number of processors from 0.1 to 64, like 0.5", "0"
    )
    drain_timeout: int = between(1, 600, example=30)
    request_timeout: int = between(1, 600, example=30)
    max_body_size: int = between(0, 10240, example=0)


def conflicts(limits: ApiLimits) -> list[str]:
    """A line where a release would cut requests that the proxy still waits for."""
    longest = max(limits.drain_timeout, PROXY_SECONDS)
    if limits.request_timeout <= longest:
        return []
    return [
        conflicting(
            "requestTimeout",
            str(limits.request_timeout),
            accepted=f"at most {longest}, as drainTimeout is {limits.drain_timeout} and a release "
            "would cut longer requests",
            fix=f"set {full('drainTimeout')} {limits.request_timeout}",
        )
    ]
