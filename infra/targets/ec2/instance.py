"""The machine: replaced as a whole when its image or set-up changes, and never with the data."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.ec2_config import Ec2Config
from infra.steps.host_ready import HostReady, HostReadyArgs
from infra.targets.ec2 import present
from infra.targets.ec2.bootstrap import cloud_config
from infra.targets.ec2.identity import Identity, IdentityArgs

ROOT_GIB = 20
NEWEST_AMI = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{architecture}"


@dataclass(frozen=True, kw_only=True)
class InstanceArgs:
    """The machine that `ec2` describes, with the data volume and the address on it.

    It has `rights` in the account, and so have its containers where there is a bucket. `way_out` is
    what its way to the internet consists of.
    """

    ec2: Ec2Config
    subnet_id: pulumi.Input[str]
    security_group_id: pulumi.Input[str]
    volume_id: pulumi.Input[str]
    rights: IdentityArgs
    address_id: pulumi.Input[str]
    endpoint: pulumi.Input[str]
    way_out: list[pulumi.Resource]


class Instance(pulumi.ComponentResource):
    """An instance with Docker; `endpoint` is known once that can be used.

    `machine` is the resource that everything on it is deleted with, `ready` the one it waits for.
    """

    machine: pulumi.CustomResource
    ready: HostReady
    instance_id: pulumi.Output[str]
    endpoint: pulumi.Output[str]

    def __init__(
        self, name: str, args: InstanceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("taskmanager:aws:Instance", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        instance = _instance(name, args, self)
        usable = [_data_volume(name, args, instance, child), _address(name, args, instance, child)]
        self.ready = HostReady(
            f"{name}-ready",
            HostReadyArgs(
                machine=instance.id,
                size=args.ec2.instance_type,
                endpoint=args.endpoint,
                region=args.ec2.region,
                timeout=args.ec2.bootstrap_timeout,
                advice=ADVICE[args.ec2.access],
            ),
            # No value carries these: set-up waits for the disk, and we wait for the address.
            child.merge(pulumi.ResourceOptions(depends_on=usable)),
        )
        self.machine, self.instance_id = instance, instance.id
        self.endpoint = self.ready.endpoint
        self.register_outputs({"instance_id": self.instance_id, "endpoint": self.endpoint})


ADVICE = {
    "ssh": "Check that your address is in sshFrom and that your key is one of sshPublicKeys.",
    "ssm": "Check that your key is one of sshPublicKeys and that the Session Manager plugin of the "
    "AWS command line is installed (docs/aws.md, Access).",
}


def _instance(name: str, args: InstanceArgs, parent: pulumi.Resource) -> aws.ec2.Instance:
    child = pulumi.ResourceOptions(parent=parent)
    identity = Identity(name, args.rights, child)
    machine = present.machine(name, parent)
    kept = machine if machine and machine.fits(args.ec2) else None
    return aws.ec2.Instance(
        f"{name}-instance",
        ami=kept.image if kept else args.ec2.ami or _newest_image(args.ec2, parent),
        instance_type=args.ec2.instance_type,
        subnet_id=args.subnet_id,
        vpc_security_group_ids=[args.security_group_id],
        iam_instance_profile=identity.profile,
        user_data=_user_data(args, kept),
        # Set-up runs once in a machine's life: with other user data it is another machine.
        user_data_replace_on_change=True,
        metadata_options={
            "http_tokens": "required",
            "http_put_response_hop_limit": _hop_limit(args),
        },
        root_block_device={
            "encrypted": True,
            "volume_type": "gp3",
            "volume_size": ROOT_GIB,
            "tags": {"Name": f"{name}-root"},
        },
        credit_specification=_credits(args.ec2),
        tags={"Name": name},
        opts=child.merge(
            pulumi.ResourceOptions(
                # The data volume can only be in one machine.
                delete_before_replace=True,
                # No value carries these: set-up begins at once, and needs the internet and the
                # host's rights.
                depends_on=[*args.way_out, *identity.rights],
            )
        ),
    )


def _data_volume(
    name: str, args: InstanceArgs, instance: aws.ec2.Instance, child: pulumi.ResourceOptions
) -> pulumi.Resource:
    return aws.ec2.VolumeAttachment(
        f"{name}-data-attachment",
        device_name="/dev/sdf",
        instance_id=instance.id,
        volume_id=args.volume_id,
        # Postgres gets to write everything before its disk goes.
        stop_instance_before_detaching=True,
        # One volume is in one machine at a time.
        opts=child.merge(pulumi.ResourceOptions(delete_before_replace=True)),
    )


def _address(
    name: str, args: InstanceArgs, instance: aws.ec2.Instance, child: pulumi.ResourceOptions
) -> pulumi.Resource:
    return aws.ec2.EipAssociation(
        f"{name}-address-association",
        allocation_id=args.address_id,
        instance_id=instance.id,
        opts=child,
    )


def _hop_limit(args: InstanceArgs) -> int:
    # One: containers cannot ask for the host's rights. They are one hop further away, and need
    # those rights for a bucket only.
    return 2 if args.rights.bucket_arns else 1


def _newest_image(ec2: Ec2Config, parent: pulumi.Resource) -> pulumi.Output[str]:
    return aws.ssm.get_parameter_output(
        name=NEWEST_AMI.format(architecture=ec2.architecture),
        opts=pulumi.InvokeOutputOptions(parent=parent),
    ).insecure_value


def _user_data(args: InstanceArgs, kept: present.Present | None) -> pulumi.Output[str]:
    deployers = args.ec2.ssh_public_keys

    def choose(volume_id: str) -> str:
        if kept and kept.serves(deployers, volume_id):
            return kept.user_data
        return cloud_config(deployers, volume_id)

    # That of a machine of an earlier program holds a key.
    return pulumi.Output.secret(pulumi.Output.from_input(args.volume_id).apply(choose))


def _credits(ec2: Ec2Config) -> aws.ec2.InstanceCreditSpecificationArgs | None:
    if not ec2.burstable:
        return None
    return aws.ec2.InstanceCreditSpecificationArgs(cpu_credits=ec2.cpu_credits)
