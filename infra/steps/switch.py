"""Move the traffic to a new release, or leave everything as it was.

Cutover and smoke test are one resource on purpose: a smoke test that fails must undo the cutover,
and the state must then say that the previous release serves. A failed `update` keeps the old inputs
in the state, so every later `pulumi up` tries again and stays red until a good release answers,
also after a refresh. Pulumi's engine deletes the old containers only at the end of an update
without error, so they keep serving until then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi
from docker import DockerClient
from docker.errors import NotFound

from infra.steps import containers, failed_release, health, placeholder, proxy_guard, smoke_test
from infra.steps.failure import StepFailed
from infra.steps.step import Property, Step, StepArgs, StepProvider, Text


@dataclass(frozen=True, kw_only=True)
class SwitchArgs(StepArgs):
    """The arguments of Switch.

    endpoint: the address of the host's Docker Engine.
    proxy: the name of the proxy's container.
    proxy_id: its id; a new proxy has to be told its targets.
    service: the name under which the proxy knows the service.
    targets: the names of the api containers.
    port: the port that they listen on.
    options: further arguments of `kamal-proxy deploy`.
    url: the public address.
    release: the digest that /version must answer.
    host_size: the host's size; with another one the host was off, and everything is proved again.
    health_timeout: the longest wait for the containers, in seconds.
    """

    endpoint: Text = Text()
    proxy: str
    proxy_id: Text = Text()
    service: str
    targets: Property[Sequence[pulumi.Input[str]], Sequence[str]] = Property()
    port: str
    options: Sequence[str]
    url: Text = Text()
    release: Text = Text()
    host_size: str
    health_timeout: int


class SwitchProvider(StepProvider[SwitchArgs]):
    """Runs again for everything that the proxy or the users would notice."""

    arguments = SwitchArgs
    triggers = (
        "targets",
        "port",
        "release",
        "proxy",
        "proxy_id",
        "service",
        "options",
        "url",
        "host_size",
    )

    def run(self, args: SwitchArgs, previous: SwitchArgs | None) -> Mapping[str, Any]:
        """Wait for new containers, move the traffic, test it, and move it back on failure."""
        with containers.connect(args.endpoint) as client:
            first = proxy_guard.refuse_closed(client, proxy=args.proxy, service=args.service)
            if previous is None and not first:
                previous = _adopted(client, args)
            # A container that serves was tested when it was new, and may have restarted since.
            serving: Sequence[str] = previous.targets if previous else []
            new = [name for name in args.targets if name not in serving]
            with failed_release.stopped(client, new, proxy=args.proxy, service=args.service):
                _move(client, args, previous, new, first=first)
        return {}

    def identity(self, args: SwitchArgs, outputs: Mapping[str, Any]) -> str:
        """The name under which the proxy knows the service."""
        return args.service


def _adopted(client: DockerClient, args: SwitchArgs) -> SwitchArgs | None:
    """The arguments that route to the containers that serve, where no state knows of them."""
    serving = proxy_guard.serving(client, proxy=args.proxy, service=args.service)
    return replace(args, targets=serving) if serving else None


def _move(
    client: DockerClient,
    args: SwitchArgs,
    previous: SwitchArgs | None,
    new: Sequence[str],
    *,
    first: bool,
) -> None:
    health.wait(client, new, limit=args.health_timeout)
    for name in new:
        containers.lift_quota(containers.find(client, name))
    _route(client, args)
    try:
        if first:
            # Only now: until the proxy has its targets, the page before the first release stays.
            containers.execute(containers.find(client, args.proxy), _resume(args))
        answers = 2 * len(args.targets)
        smoke_test.verify(args.url, args.release, answers=answers, limit=_limit(args, previous))
    except Exception as failure:
        # Whatever went wrong: the state will say that the previous release serves.
        raise StepFailed(f"{failure}\n  {_restore(client, args, previous)}") from failure


def _limit(args: SwitchArgs, previous: SwitchArgs | None) -> float:
    """The seconds that the first answers may take: a certificate may have to be had before."""
    known = previous is not None and previous.url == args.url
    first = args.url.startswith("https://") and not known
    return smoke_test.CERTIFICATE_SECONDS if first else smoke_test.LIMIT_SECONDS


def _route(client: DockerClient, args: SwitchArgs) -> None:
    targets = [f"--target={name}:{args.port}" for name in args.targets]
    command = ["kamal-proxy", "deploy", args.service, *targets, *args.options]
    containers.execute(containers.find(client, args.proxy), command)


def _resume(args: SwitchArgs) -> list[str]:
    return ["kamal-proxy", "resume", args.service]


def _restore(client: DockerClient, args: SwitchArgs, previous: SwitchArgs | None) -> str:
    try:
        if previous is None:
            placeholder.show(client, proxy=args.proxy, service=args.service, options=args.options)
            return "There is no previous release to go back to: the public port says so."
        _route(client, previous)
    except (StepFailed, NotFound) as failure:
        return f"Taking the traffic off the new release failed too: {failure}"
    return "The traffic is back on the previous release."


class Switch(Step, module="taskmanager", name="Switch"):
    """The traffic of a service on the containers of one release, proved through its address."""

    release: pulumi.Output[str]

    def __init__(
        self, name: str, args: SwitchArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(name, SwitchProvider(), args.inputs(), opts)
