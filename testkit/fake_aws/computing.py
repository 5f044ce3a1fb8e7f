"""The machine and its disks."""

from typing import Any

from botocore.exceptions import ClientError

from infra.ec2_conflicts import GRAVITON
from testkit.fake_aws import machines
from testkit.fake_aws.account import Account, Inputs
from testkit.fake_aws.kinds import Kind


def _volume(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    made = aws.ec2.create_volume(
        AvailabilityZone=given["availabilityZone"],
        Size=int(given["size"]),
        VolumeType=given["type"],
        Encrypted=given["encrypted"],
        TagSpecifications=aws.tagged("volume", given),
    )["VolumeId"]
    machines.make_disk(made, int(given["size"]))
    return made, {}


def _delete_volume(aws: Account, made: str, state: Inputs) -> None:
    if state.get("finalSnapshot"):
        aws.ec2.create_snapshot(VolumeId=made, Description="before deletion")
    aws.ec2.delete_volume(VolumeId=made)
    machines.remove_disk(made)


def _instance(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    metadata, root = given["metadataOptions"], given["rootBlockDevice"]
    check_image(aws, given)
    answer = aws.ec2.run_instances(
        ImageId=given["ami"],
        InstanceType=given["instanceType"],
        MinCount=1,
        MaxCount=1,
        SubnetId=given["subnetId"],
        SecurityGroupIds=given["vpcSecurityGroupIds"],
        IamInstanceProfile={"Name": given["iamInstanceProfile"]},
        UserData=given["userData"],
        MetadataOptions={
            "HttpTokens": metadata["httpTokens"],
            "HttpPutResponseHopLimit": int(metadata["httpPutResponseHopLimit"]),
        },
        BlockDeviceMappings=[
            {
                "DeviceName": "/dev/xvda",
                "Ebs": {
                    "Encrypted": root["encrypted"],
                    "VolumeType": root["volumeType"],
                    "VolumeSize": int(root["volumeSize"]),
                },
            }
        ],
        TagSpecifications=aws.tagged("instance", given),
    )
    made = answer["Instances"][0]["InstanceId"]
    machines.boot(made, given["userData"], hops=int(metadata["httpPutResponseHopLimit"]))
    return made, {"privateIp": answer["Instances"][0]["PrivateIpAddress"]}


def check_image(aws: Account, given: Inputs) -> None:
    """Refuse an image that is not there, or is for another processor; moto takes any id."""
    [image] = aws.ec2.describe_images(ImageIds=[given["ami"]])["Images"]
    wanted = "arm64" if _graviton(given) else "x86_64"
    if image["Architecture"] != wanted:
        raise RuntimeError(
            f"api error InvalidParameterValue: The architecture '{wanted}' of the specified "
            f"instance type does not match the architecture '{image['Architecture']}' of the AMI"
        )


def _terminate(aws: Account, made: str, _state: Inputs) -> None:
    aws.ec2.terminate_instances(InstanceIds=[made])
    machines.terminate(made)


def _change(aws: Account, made: str, new: Inputs) -> None:
    hops = int(new["metadataOptions"]["httpPutResponseHopLimit"])
    aws.ec2.modify_instance_metadata_options(InstanceId=made, HttpPutResponseHopLimit=hops)
    machines.set_hops(made, hops)
    [[instance]] = [
        each["Instances"] for each in aws.ec2.describe_instances(InstanceIds=[made])["Reservations"]
    ]
    if instance["InstanceType"] != new["instanceType"]:
        _resize(aws, made, new)


def _resize(aws: Account, made: str, new: Inputs) -> None:
    _stop(aws, made)
    aws.ec2.modify_instance_attribute(InstanceId=made, InstanceType={"Value": new["instanceType"]})
    aws.ec2.start_instances(InstanceIds=[made])
    machines.start(made)


def _stop(aws: Account, made: str) -> None:
    """Stop a machine as the provider does before it detaches a volume: unforced, with a limit.

    moto stops a terminated machine, and knows none that hangs.
    """
    state = _state(aws, made)
    if state in ("terminated", "shutting-down", ""):
        raise RuntimeError(
            f"api error IncorrectInstanceState: This instance '{made}' is not in a state from "
            "which it can be stopped."
        )
    if state == "stopped":
        return
    if machines.hangs(made):
        raise RuntimeError(
            f"waiting for EC2 Instance ({made}) stop: timeout while waiting for state to become "
            "'stopped' (last state: 'stopping', timeout: 10m0s)"
        )
    aws.ec2.stop_instances(InstanceIds=[made])
    machines.stop(made)


def _state(aws: Account, made: str) -> str:
    """The state of a machine as EC2 tells it; nothing for one that is forgotten."""
    try:
        found = aws.ec2.describe_instances(InstanceIds=[made])["Reservations"]
    except ClientError:
        return ""
    return str(found[0]["Instances"][0]["State"]["Name"])


def _runs(aws: Account, made: str, _state_: Inputs) -> bool:
    return _state(aws, made) not in ("terminated", "")


def _other_architecture(olds: Inputs, news: Inputs) -> set[str]:
    """The inputs that replace a machine together with others."""
    root = [each["rootBlockDevice"].get("encrypted") for each in (olds, news)]
    return {
        *(["userData"] if news.get("userDataReplaceOnChange") else []),
        *(["instanceType"] if _graviton(olds) != _graviton(news) else []),
        *(["rootBlockDevice"] if root[0] != root[1] else []),
    }


def _graviton(inputs: Inputs) -> bool:
    return bool(GRAVITON.fullmatch(inputs["instanceType"]))


def _attach(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    aws.ec2.attach_volume(
        Device=given["deviceName"], InstanceId=given["instanceId"], VolumeId=given["volumeId"]
    )
    machines.attach_disk(given["volumeId"])
    return f"{given['instanceId']}-{given['volumeId']}", {}


def _detach(aws: Account, _made: str, state: Inputs) -> None:
    if state.get("stopInstanceBeforeDetaching"):
        _stop(aws, state["instanceId"])
    aws.ec2.detach_volume(VolumeId=state["volumeId"], InstanceId=state["instanceId"])
    machines.detach_disk(state["volumeId"])


def _grow(aws: Account, made: str, new: Inputs) -> None:
    [volume] = aws.ec2.describe_volumes(VolumeIds=[made])["Volumes"]
    if volume["Size"] > int(new["size"]):
        raise RuntimeError(
            f"api error InvalidParameterValue: {made}: New size cannot be smaller than existing"
        )
    aws.ec2.modify_volume(VolumeId=made, Size=int(new["size"]), VolumeType=new["type"])


def _is_attached(aws: Account, _made: str, state: Inputs) -> bool:
    return _runs(aws, state["instanceId"], state)


KINDS = {
    "aws:ebs/volume:Volume": Kind(create=_volume, delete=_delete_volume, update=_grow),
    "aws:ec2/instance:Instance": Kind(
        create=_instance,
        delete=_terminate,
        update=_change,
        exists=_runs,
        replaces=_other_architecture,
    ),
    "aws:ec2/volumeAttachment:VolumeAttachment": Kind(
        create=_attach, delete=_detach, exists=_is_attached
    ),
}
