"""A stand-in for Pulumi's `aws` plugin, for the resource types that the program uses."""

import json
import secrets
import sys
from concurrent import futures
from typing import Any

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from testkit.fake_aws import buckets, computing, managed, networking, services, watching
from testkit.fake_aws.account import Account, Inputs
from testkit.fake_aws.kinds import Kind, schemas

KINDS: dict[str, Kind] = {
    **networking.KINDS,
    **computing.KINDS,
    **services.KINDS,
    **managed.KINDS,
    **buckets.KINDS,
    **watching.KINDS,
}
MEBIBYTES = 1 << 20


def _zones(aws: Account, args: Inputs) -> dict[str, Any]:
    # moto knows no opt-in status; all of its zones need none.
    filters = [{"Name": "state", "Values": [args["state"]]}]
    zones = aws.ec2.describe_availability_zones(Filters=filters)["AvailabilityZones"]
    return {"names": sorted(zone["ZoneName"] for zone in zones), "id": aws.region}


def _parameter(aws: Account, args: Inputs) -> dict[str, Any]:
    value = aws.client("ssm").get_parameter(Name=args["name"])["Parameter"]["Value"]
    return {"insecureValue": value, "value": value, "id": args["name"], "name": args["name"]}


def _offerings(aws: Account, args: Inputs) -> dict[str, Any]:
    filters = [{"Name": item["name"], "Values": item["values"]} for item in args["filters"]]
    offered = aws.ec2.describe_instance_type_offerings(
        LocationType=args["locationType"], Filters=filters
    )["InstanceTypeOfferings"]
    return {"locations": sorted(offer["Location"] for offer in offered), "id": aws.region}


def _instances(aws: Account, args: Inputs) -> dict[str, Any]:
    wanted = {f"tag:{key}": [value] for key, value in args["instanceTags"].items()}
    wanted["instance-state-name"] = args["instanceStateNames"]
    filters = [{"Name": name, "Values": values} for name, values in wanted.items()]
    reservations = aws.ec2.describe_instances(Filters=filters)["Reservations"]
    ids = [machine["InstanceId"] for group in reservations for machine in group["Instances"]]
    return {"ids": ids, "id": aws.region}


def _machine(aws: Account, args: Inputs) -> dict[str, Any]:
    wanted = args["instanceId"]
    [group] = aws.ec2.describe_instances(InstanceIds=[wanted])["Reservations"]
    [machine] = group["Instances"]
    told = aws.ec2.describe_instance_attribute(InstanceId=wanted, Attribute="userData")
    return {
        "id": wanted,
        "ami": machine["ImageId"],
        "instanceType": machine["InstanceType"],
        "userDataBase64": told["UserData"]["Value"] if args.get("getUserData") else "",
    }


LOOKUPS = {
    "aws:ec2/getInstance:getInstance": _machine,
    "aws:ec2/getInstances:getInstances": _instances,
    "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": _offerings,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:ssm/getParameter:getParameter": _parameter,
}


class Plugin(provider_pb2_grpc.ResourceProviderServicer):
    """Answers Pulumi's engine.

    It has no Handshake, which would promise previews: values of new resources are unknown in them.
    """

    def __init__(self, version: str) -> None:
        self._version = version
        self._account: Account | None = None

    @property
    def _aws(self) -> Account:
        assert self._account, "Pulumi's engine configures a provider before it uses it"
        return self._account

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version=self._version)

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        same = _plain(request.olds) == _plain(request.news)
        return provider_pb2.DiffResponse(changes=_changes(not same))

    def Configure(self, request: Any, context: Any) -> Any:
        inputs = _plain(request.args)
        tags = inputs.get("defaultTags") or {}
        tags = json.loads(tags) if isinstance(tags, str) else tags
        self._account = Account(inputs["region"], tags.get("tags", {}))
        return provider_pb2.ConfigureResponse()

    def Invoke(self, request: Any, context: Any) -> Any:
        if request.tok not in LOOKUPS:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, _unknown(request.tok))
        answer = provider_pb2.InvokeResponse()
        # Its field is called like a keyword.
        getattr(answer, "return").update(LOOKUPS[request.tok](self._aws, _plain(request.args)))
        return answer

    def Check(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        news, olds = _plain(request.news), _plain(request.olds)
        if kind.autonamed and not news.get(kind.autonamed):
            name = request.urn.rpartition("::")[2]
            full_name = f"{name}-{secrets.token_hex(4)[:7]}"
            news[kind.autonamed] = olds.get(kind.autonamed) or full_name
        problem = schemas()[_token(request.urn)].problem(news)
        failures = [provider_pb2.CheckFailure(reason=problem)] if problem else []
        return provider_pb2.CheckResponse(inputs=_struct(news), failures=failures)

    def Diff(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        olds, news = _plain(request.old_inputs), _plain(request.news)
        changed = _changed(olds, news)
        replacing = schemas()[_token(request.urn)].replaces | kind.replaces(olds, news)
        return provider_pb2.DiffResponse(
            changes=_changes(bool(changed)),
            diffs=changed,
            replaces=changed & replacing,
        )

    def Create(self, request: Any, context: Any) -> Any:
        kind, inputs = self._kind(request.urn, context), _plain(request.properties)
        resource_id, computed = _attempt(context, lambda: kind.create(self._aws, inputs))
        return provider_pb2.CreateResponse(
            id=resource_id, properties=_struct({**inputs, **computed})
        )

    def Read(self, request: Any, context: Any) -> Any:
        kind, state = self._kind(request.urn, context), _plain(request.properties)
        if not _attempt(context, lambda: kind.exists(self._aws, request.id, state)):
            # Without an id it is gone.
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=request.id, inputs=request.inputs, properties=request.properties
        )

    def Update(self, request: Any, context: Any) -> Any:
        kind = self._kind(request.urn, context)
        olds, news = _plain(request.olds), _plain(request.news)
        changed = _changed(_plain(request.old_inputs), news) - {"tags"}
        update = kind.update
        if changed and update is None:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, _unchangeable(request.urn, changed))
        if changed and update:
            _attempt(context, lambda: update(self._aws, request.id, news))
        return provider_pb2.UpdateResponse(properties=_struct({**olds, **news}))

    def Delete(self, request: Any, context: Any) -> Any:
        kind, state = self._kind(request.urn, context), _plain(request.properties)
        _attempt(context, lambda: kind.delete(self._aws, request.id, state))
        return empty_pb2.Empty()

    def _kind(self, urn: str, context: Any) -> Kind:
        token = _token(urn)
        if token not in KINDS:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, _unknown(token))
        return KINDS[token]


def _token(urn: str) -> str:
    return urn.split("::")[2].rpartition("$")[2]


def _attempt(context: Any, call: Any) -> Any:
    try:
        return call()
    # Whatever AWS or its checks refuse is for Pulumi's engine to report.
    except Exception as error:
        context.abort(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}")


def _unknown(token: str) -> str:
    return f"The fake AWS has no {token}. Add it to testkit/fake_aws, or deploy to a real account."


def _unchangeable(urn: str, changed: set[str]) -> str:
    return (
        f"The fake AWS cannot change {', '.join(sorted(changed))} of {_token(urn)} in place. "
        "Add it to testkit/fake_aws, or deploy to a real account."
    )


def _changed(olds: Inputs, news: Inputs) -> set[str]:
    return {key for key in {*olds, *news} if olds.get(key) != news.get(key)}


def _changes(changed: bool) -> Any:
    names = provider_pb2.DiffResponse
    return names.DIFF_SOME if changed else names.DIFF_NONE


def _plain(struct: Any) -> dict[str, Any]:
    return {
        key: value for key, value in json_format.MessageToDict(struct).items() if key[:2] != "__"
    }


def _struct(values: dict[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def main(version: str) -> None:
    """Serve until Pulumi's engine ends this process."""
    limits = [("grpc.max_receive_message_length", 400 * MEBIBYTES)]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8), options=limits)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Plugin(version), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    server.wait_for_termination()


if __name__ == "__main__":
    main(sys.argv[1])
