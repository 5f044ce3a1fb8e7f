"""The machine and its disks."""

import base64
from typing import Any

from botocore.exceptions import ClientError

from infra.ec2_conflicts import GRAVITON
from testkit.fake_aws import machines
from testkit.fake_aws.account import Account, Inputs
from testkit.fake_aws.kinds import Kind, nothing

ROOT = "/dev/xvda"


def _volume(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    resource_id = aws.ec2.create_volume(
        AvailabilityZone=inputs["availabilityZone"],
        Size=int(inputs["size"]),
        VolumeType=inputs["type"],
        Encrypted=inputs["encrypted"],
        TagSpecifications=aws.tagged("volume", inputs),
    )["VolumeId"]
    machines.make_disk(resource_id, int(inputs["size"]))
    return resource_id, {}


def _delete_volume(aws: Account, resource_id: str, state: Inputs) -> None:
    if state.get("finalSnapshot"):
        aws.ec2.create_snapshot(VolumeId=resource_id, Description="before deletion")
    aws.ec2.delete_volume(VolumeId=resource_id)
    machines.remove_disk(resource_id)


def _instance(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    metadata, root = inputs["metadataOptions"], inputs["rootBlockDevice"]
    check_image(aws, inputs)
    answer = aws.ec2.run_instances(
        ImageId=inputs["ami"],
        InstanceType=inputs["instanceType"],
        MinCount=1,
        MaxCount=1,
        SubnetId=inputs["subnetId"],
        SecurityGroupIds=inputs["vpcSecurityGroupIds"],
        IamInstanceProfile={"Name": inputs["iamInstanceProfile"]},
        UserData=inputs["userData"],
        MetadataOptions={
            "HttpTokens": metadata["httpTokens"],
            "HttpPutResponseHopLimit": int(metadata["httpPutResponseHopLimit"]),
        },
        BlockDeviceMappings=[
            {
                "DeviceName": ROOT,
                "Ebs": {
                    "Encrypted": root["encrypted"],
                    "VolumeType": root["volumeType"],
                    "VolumeSize": int(root["volumeSize"]),
                },
            }
        ],
        TagSpecifications=aws.tagged("instance", inputs),
    )
    resource_id = answer["Instances"][0]["InstanceId"]
    machines.boot(resource_id, inputs["userData"], hops=int(metadata["httpPutResponseHopLimit"]))
    return resource_id, {"privateIp": answer["Instances"][0]["PrivateIpAddress"]}


def check_image(aws: Account, inputs: Inputs) -> None:
    """Refuse an image that is not there, or is for another processor; moto takes any id."""
    [image] = aws.ec2.describe_images(ImageIds=[inputs["ami"]])["Images"]
    wanted = "arm64" if _graviton(inputs) else "x86_64"
    if image["Architecture"] != wanted:
        raise RuntimeError(
            f"api error InvalidParameterValue: The architecture '{wanted}' of the specified "
            f"instance type does not match the architecture '{image['Architecture']}' of the AMI"
        )


def _terminate(aws: Account, resource_id: str, _state: Inputs) -> None:
    aws.ec2.terminate_instances(InstanceIds=[resource_id])
    machines.terminate(resource_id)


def _change(aws: Account, resource_id: str, new: Inputs) -> None:
    hops = int(new["metadataOptions"]["httpPutResponseHopLimit"])
    aws.ec2.modify_instance_metadata_options(InstanceId=resource_id, HttpPutResponseHopLimit=hops)
    machines.set_hops(resource_id, hops)
    aws.ec2.modify_instance_attribute(InstanceId=resource_id, Groups=new["vpcSecurityGroupIds"])
    [[instance]] = [
        reservation["Instances"]
        for reservation in aws.ec2.describe_instances(InstanceIds=[resource_id])["Reservations"]
    ]
    _change_profile(aws, instance, new)
    _change_root(aws, instance, new)
    if instance["InstanceType"] != new["instanceType"]:
        _change_stopped(aws, resource_id, InstanceType={"Value": new["instanceType"]})
    before = aws.ec2.describe_instance_attribute(InstanceId=resource_id, Attribute="userData")
    user_data = base64.b64encode(new["userData"].encode()).decode()
    if before["UserData"].get("Value") != user_data:
        _change_stopped(aws, resource_id, UserData={"Value": user_data})


def _change_profile(aws: Account, instance: Inputs, new: Inputs) -> None:
    [association] = aws.ec2.describe_iam_instance_profile_associations(
        Filters=[{"Name": "instance-id", "Values": [instance["InstanceId"]]}]
    )["IamInstanceProfileAssociations"]
    if not association["IamInstanceProfile"]["Arn"].endswith(f"/{new['iamInstanceProfile']}"):
        aws.ec2.replace_iam_instance_profile_association(
            AssociationId=association["AssociationId"],
            IamInstanceProfile={"Name": new["iamInstanceProfile"]},
        )


def _change_root(aws: Account, instance: Inputs, new: Inputs) -> None:
    [root] = [
        disk["Ebs"]["VolumeId"]
        for disk in instance["BlockDeviceMappings"]
        if disk["DeviceName"] == ROOT
    ]
    wanted = new["rootBlockDevice"]
    _grow(aws, root, {"size": wanted["volumeSize"], "type": wanted["volumeType"]})


def _change_stopped(aws: Account, resource_id: str, **attribute: Any) -> None:
    """Change what only a machine that is off can change, as the provider does: it starts again."""
    _stop(aws, resource_id)
    aws.ec2.modify_instance_attribute(InstanceId=resource_id, **attribute)
    aws.ec2.start_instances(InstanceIds=[resource_id])
    machines.start(resource_id)


def _stop(aws: Account, resource_id: str) -> None:
    """Stop a machine as the provider does before it detaches a volume: unforced, with a limit.

    moto stops a terminated machine, and knows none that hangs.
    """
    state = _state(aws, resource_id)
    if state in ("terminated", "shutting-down", ""):
        raise RuntimeError(
            f"api error IncorrectInstanceState: This instance '{resource_id}' is not in a state "
            "from which it can be stopped."
        )
    if state == "stopped":
        return
    if machines.hangs(resource_id):
        raise RuntimeError(
            f"waiting for EC2 Instance ({resource_id}) stop: timeout while waiting for state to "
            "become 'stopped' (last state: 'stopping', timeout: 10m0s)"
        )
    aws.ec2.stop_instances(InstanceIds=[resource_id])
    machines.stop(resource_id)


def _state(aws: Account, resource_id: str) -> str:
    """The state of a machine as EC2 tells it; nothing for one that is forgotten."""
    try:
        reservations = aws.ec2.describe_instances(InstanceIds=[resource_id])["Reservations"]
    except ClientError:
        return ""
    return str(reservations[0]["Instances"][0]["State"]["Name"])


def _runs(aws: Account, resource_id: str, _state_: Inputs) -> bool:
    return _state(aws, resource_id) not in ("terminated", "")


def _other_machine(olds: Inputs, news: Inputs) -> set[str]:
    """The inputs that replace a machine for some values, or by a part of them."""
    root = [state["rootBlockDevice"].get("encrypted") for state in (olds, news)]
    return {
        *(["userData"] if news.get("userDataReplaceOnChange") else []),
        *(["instanceType"] if _graviton(olds) != _graviton(news) else []),
        *(["rootBlockDevice"] if root[0] != root[1] else []),
    }


def _graviton(inputs: Inputs) -> bool:
    return bool(GRAVITON.fullmatch(inputs["instanceType"]))


def _attach(aws: Account, inputs: Inputs) -> tuple[str, dict[str, Any]]:
    aws.ec2.attach_volume(
        Device=inputs["deviceName"], InstanceId=inputs["instanceId"], VolumeId=inputs["volumeId"]
    )
    machines.attach_disk(inputs["volumeId"])
    return f"{inputs['instanceId']}-{inputs['volumeId']}", {}


def _detach(aws: Account, _made: str, state: Inputs) -> None:
    if state.get("stopInstanceBeforeDetaching"):
        _stop(aws, state["instanceId"])
    aws.ec2.detach_volume(VolumeId=state["volumeId"], InstanceId=state["instanceId"])
    machines.detach_disk(state["volumeId"])


def _grow(aws: Account, resource_id: str, new: Inputs) -> None:
    [volume] = aws.ec2.describe_volumes(VolumeIds=[resource_id])["Volumes"]
    if volume["Size"] > int(new["size"]):
        raise RuntimeError(
            f"api error InvalidParameterValue: {resource_id}: New size cannot be "
            "smaller than existing"
        )
    aws.ec2.modify_volume(VolumeId=resource_id, Size=int(new["size"]), VolumeType=new["type"])


def _is_attached(aws: Account, _made: str, state: Inputs) -> bool:
    return _runs(aws, state["instanceId"], state)


KINDS = {
    "aws:ebs/volume:Volume": Kind(create=_volume, delete=_delete_volume, update=_grow),
    "aws:ec2/instance:Instance": Kind(
        create=_instance,
        delete=_terminate,
        update=_change,
        exists=_runs,
        replaces=_other_machine,
    ),
    "aws:ec2/volumeAttachment:VolumeAttachment": Kind(
        create=_attach,
        # `stopInstanceBeforeDetaching` is the provider's own.
        update=nothing,
        delete=_detach,
        exists=_is_attached,
    ),
}
