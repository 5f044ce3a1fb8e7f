"""Stop requests at the proxy, by a maintenance page or a pause, and let them through again."""

from cli.deployed import Deployed
from infra.errors import UserError
from infra.steps import proxy_listing

MESSAGE = "We are doing some work on the service. It will be back shortly."
HOLD_SECONDS = 30
LONGEST_HOLD_SECONDS = 600
DRAIN_SECONDS = 30
RUNNING, PAUSED, STOPPED = "running", "paused", "stopped"
"""The proxy's own words."""


def maintenance_on(deployed: Deployed, message: str = "") -> int:
    """Answer 503 and a page with `message` to every request, after those under way have ended.

    Except GET /health: the proxy answers its own health path by itself (kamal-proxy 0.9.2).
    """
    close(deployed, message or MESSAGE)
    print(
        "Maintenance: every request is answered 503 with a page, but for GET /health,\n"
        "  which the proxy itself answers 200.\n"
        "  A release waits for its end: it is proved through the public address.\n"
        f"  End it: {deployed.stack.make('maintenance-off')}"
    )
    return 0


def close(deployed: Deployed, message: str) -> None:
    """The same, without a message."""
    _tell(deployed, "stop", f"--message={message}", f"--drain-timeout={DRAIN_SECONDS}s")


def pause(deployed: Deployed, seconds: int = HOLD_SECONDS) -> int:
    """Hold new requests, each for `seconds` at most, after those under way have ended."""
    _tell(deployed, "pause", f"--max-pause={seconds}s", f"--drain-timeout={DRAIN_SECONDS}s")
    print(
        f"Paused: a request waits up to {seconds} s, then it is answered 504.\n"
        f"  Let them go on: {deployed.stack.make('resume')}"
    )
    return 0


def resume(deployed: Deployed) -> int:
    """Let requests through: those that wait, and all that come."""
    _tell(deployed, "resume")
    url = deployed.outputs.get("url", "the public address")
    print(f"Requests are answered again at {url}.")
    return 0


def state(deployed: Deployed) -> tuple[str, list[str]]:
    """Whether the proxy is running, paused or stopped, and the containers it sends requests to.

    Raises UserError when it knows no release of this deployment.
    """
    services = proxy_listing.services(deployed.ask("proxy", *proxy_listing.COMMAND))
    service = services.get(deployed.prefix)
    if service and service.targets != [proxy_listing.NO_RELEASE]:
        return service.state, service.targets
    raise UserError(f"No release serves yet. Fix: {deployed.stack.make('up')}")


def _tell(deployed: Deployed, command: str, *options: str) -> None:
    state(deployed)
    deployed.ask("proxy", "kamal-proxy", command, deployed.prefix, *options)
