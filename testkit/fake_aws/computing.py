"""The machine and its disks."""

from typing import Any

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
    aws.ec2.stop_instances(InstanceIds=[made])
    machines.stop(made)
    aws.ec2.modify_instance_attribute(InstanceId=made, InstanceType={"Value": new["instanceType"]})
    aws.ec2.start_instances(InstanceIds=[made])
    machines.start(made)


def _attach(aws: Account, given: Inputs) -> tuple[str, dict[str, Any]]:
    aws.ec2.attach_volume(
        Device=given["deviceName"], InstanceId=given["instanceId"], VolumeId=given["volumeId"]
    )
    machines.attach_disk(given["volumeId"])
    return f"{given['instanceId']}-{given['volumeId']}", {}


def _detach(aws: Account, _made: str, state: Inputs) -> None:
    if state.get("stopInstanceBeforeDetaching"):
        aws.ec2.stop_instances(InstanceIds=[state["instanceId"]])
        machines.stop(state["instanceId"])
    aws.ec2.detach_volume(VolumeId=state["volumeId"], InstanceId=state["instanceId"])
    machines.detach_disk(state["volumeId"])


def _grow(aws: Account, made: str, new: Inputs) -> None:
    aws.ec2.modify_volume(VolumeId=made, Size=int(new["size"]))


KINDS = {
    "aws:ebs/volume:Volume": Kind(
        create=_volume, delete=_delete_volume, update=_grow, in_place=frozenset({"tags", "size"})
    ),
    "aws:ec2/instance:Instance": Kind(
        create=_instance,
        delete=_terminate,
        update=_change,
        in_place=frozenset({"tags", "instanceType", "metadataOptions"}),
    ),
    "aws:ec2/volumeAttachment:VolumeAttachment": Kind(create=_attach, delete=_detach),
}
