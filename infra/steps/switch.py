"""Move the traffic to a new release, or leave everything as it was.

Switch and gate are one resource on purpose: a gate that fails must undo the switch, and the state
must then say what is true, that the old release serves. A failed `update` keeps the old inputs in
the state, so every later `pulumi up` tries again and stays red until a good release answers, also
after a refresh; and the engine deletes the old containers only at the end of an update without
error, so they go on serving until then.
"""

from typing import Any

import pulumi
from docker.errors import NotFound
from pulumi.dynamic import CreateResult, DiffResult, Resource, ResourceProvider, UpdateResult

from infra.steps import containers, health, proxy_guard, smoke_test

TRIGGERS = (
    "targets",
    "port",
    "release",
    "proxy",
    "proxyId",
    "service",
    "options",
    "url",
    # The host was off: an `up` that ends well says that all is back.
    "hostSize",
)


class _SwitchProvider(ResourceProvider):
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        return DiffResult(changes=any(_olds.get(key) != _news.get(key) for key in TRIGGERS))

    def create(self, props: dict[str, Any]) -> CreateResult:
        _switch(props, previous=None)
        return CreateResult(id_=props["service"], outs=props)

    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        _switch(_news, previous=_olds)
        return UpdateResult(outs=_news)


def _switch(props: dict[str, Any], *, previous: dict[str, Any] | None) -> None:
    with containers.connect(props["endpoint"]) as client:
        proxy_guard.refuse_closed(client, proxy=props["proxy"], service=props["service"])
        # What serves already was proved when it was new, and may have restarted since.
        serving = previous["targets"] if previous else []
        new = [name for name in props["targets"] if name not in serving]
        health.wait(client, new, limit=int(props["healthTimeout"]))
        for name in new:
            containers.lift_quota(containers.find(client, name))
        _route(client, props)
        try:
            smoke_test.verify(props["url"], props["release"], answers=2 * len(props["targets"]))
        except Exception as failure:
            # Whatever went wrong: the state will say that the release before serves.
            raise containers.JobFailed(f"{failure}\n  {_restore(client, previous)}") from None


def _route(client: Any, props: dict[str, Any]) -> None:
    targets = [f"--target={name}:{props['port']}" for name in props["targets"]]
    command = ["kamal-proxy", "deploy", props["service"], *targets, *props["options"]]
    containers.execute(client.containers.get(props["proxy"]), command)


def _restore(client: Any, previous: dict[str, Any] | None) -> str:
    if previous is None:
        return "There is no earlier release to go back to."
    try:
        _route(client, previous)
    except (containers.JobFailed, NotFound) as failure:
        return f"Going back to the release before failed too: {failure}"
    return "Traffic is back on the release before."


class Switch(Resource, module="taskmanager", name="Switch"):
    """Traffic of `service` on `targets`, proved through `url`.

    Inputs: endpoint, proxy (container name), proxyId, service, targets (container names), port,
    options (of `kamal-proxy deploy`), url, release (what /version must answer), hostSize,
    healthTimeout (seconds).
    """

    release: pulumi.Output[str]

    def __init__(
        self, name: str, props: pulumi.Inputs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(_SwitchProvider(), name, {**props}, opts)
