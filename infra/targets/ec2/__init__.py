"""One EC2 host with its network, its data volume, its logs and its alarms, in an empty account."""

import pulumi
import pulumi_aws as aws
import pulumi_docker as docker

from infra import docker_engine
from infra.config import StackConfig
from infra.ec2_config import Ec2Config
from infra.host import Builder, Host
from infra.targets.builder import builder
from infra.targets.ec2 import tags
from infra.targets.ec2.address import Address, AddressArgs
from infra.targets.ec2.alarms import Alarms, AlarmsArgs
from infra.targets.ec2.bootstrap import USER
from infra.targets.ec2.dashboard import Dashboard, DashboardArgs
from infra.targets.ec2.firewall import Firewall, FirewallArgs
from infra.targets.ec2.identity import IdentityArgs
from infra.targets.ec2.instance import Instance, InstanceArgs
from infra.targets.ec2.logs import Logs
from infra.targets.ec2.managed import Managed, ManagedArgs
from infra.targets.ec2.network import Network, NetworkArgs
from infra.targets.ec2.private import PrivateArgs
from infra.targets.ec2.registry import Credentials, credentials
from infra.targets.ec2.storage import Storage, StorageArgs

PLATFORMS = {"x86_64": "linux/amd64", "arm64": "linux/arm64"}
HTTP, HTTPS = 80, 443
POSTGRES_BASE = "postgres:17-trixie"
LOOPBACK = ("127.0.0.1:", "localhost:")
"""A registry on this machine is for a rehearsal, which may be built of stand-ins."""


def provision(config: StackConfig, ec2: Ec2Config) -> Host:
    """The host, known only once its Docker Engine can be used.

    Raises pulumi.RunError for a region that AWS does not have, and when an image is to be built
    without a token to push it.
    """
    name, registry = config.name, credentials(config)
    in_account = pulumi.ResourceOptions(providers=[_account(config, ec2)])
    network = Network(name, NetworkArgs(instance_type=ec2.instance_type), in_account)
    firewall = Firewall(name, FirewallArgs(ec2=ec2, vpc_id=network.vpc_id), in_account)
    address = Address(name, AddressArgs(ec2=ec2), in_account)
    storage = Storage(name, StorageArgs(ec2=ec2, zone=network.zone), in_account)
    managed = Managed(name, _managed(config, ec2, network, firewall), in_account)
    logs = Logs(name, ec2, in_account)
    endpoint = _endpoint(address)
    instance = Instance(
        name,
        InstanceArgs(
            ec2=ec2,
            subnet_id=network.subnet_id,
            security_group_id=firewall.group_id,
            volume_id=storage.volume_id,
            rights=_rights(ec2, managed, logs),
            address_id=address.allocation_id,
            endpoint=endpoint,
            way_out=network.way_out,
        ),
        in_account,
    )
    watching = _watching(name, ec2, instance, managed, in_account)
    return Host(
        provider=_provider(endpoint, registry),
        endpoint=instance.endpoint,
        platform=PLATFORMS[ec2.architecture],
        builder=_builder(config, ec2, registry),
        bind_address="0.0.0.0",  # noqa: S104 - the firewall decides who gets this far
        ports={HTTP: HTTP, HTTPS: HTTPS},
        url=address.url,
        names=ec2.domain,
        size=ec2.instance_type,
        machine=instance.machine,
        ready=[instance.ready],
        target=[network, firewall, address, storage, managed, logs, instance, *watching],
        backing_services=managed.services,
        logs=logs.containers,
    )


def _endpoint(address: Address) -> pulumi.Output[str]:
    return pulumi.Output.concat("ssh://", USER, "@", address.public_ip)


def _rights(ec2: Ec2Config, managed: Managed, logs: Logs) -> IdentityArgs:
    return IdentityArgs(
        access=ec2.access, bucket_arns=managed.bucket_arns, log_group_arn=logs.group_arn
    )


def _watching(
    name: str,
    ec2: Ec2Config,
    instance: Instance,
    managed: Managed,
    in_account: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    return [
        Alarms(name, _alarms(ec2, instance, managed), in_account),
        Dashboard(name, _dashboard(ec2, instance, managed), in_account),
    ]


def _provider(endpoint: pulumi.Output[str], registry: Credentials | None) -> docker.Provider:
    registry_auth = [registry.for_pull()] if registry else None
    return docker.Provider("ec2", host=endpoint, registry_auth=registry_auth)


def _alarms(ec2: Ec2Config, instance: Instance, managed: Managed) -> AlarmsArgs:
    return AlarmsArgs(
        ec2=ec2,
        instance_id=instance.instance_id,
        database_id=managed.database_id,
        cache_id=managed.cache_id,
    )


def _dashboard(ec2: Ec2Config, instance: Instance, managed: Managed) -> DashboardArgs:
    return DashboardArgs(
        ec2=ec2,
        instance_id=instance.instance_id,
        database_id=managed.database_id,
        database_resource=managed.services.database.id if managed.services.database else None,
        cache_id=managed.cache_id,
    )


def _managed(
    config: StackConfig, ec2: Ec2Config, network: Network, firewall: Firewall
) -> ManagedArgs:
    return ManagedArgs(
        ec2=ec2,
        private_args=PrivateArgs(
            vpc_id=network.vpc_id, zones=network.zones, host_group_id=firewall.group_id
        ),
        database_password=config.database_password,
        cache_password=config.cache_password,
    )


def _builder(config: StackConfig, ec2: Ec2Config, registry: Credentials | None) -> Builder | None:
    if registry is None or (config.image and config.postgres_image):
        return None
    docker_engine.refuse_foreign(PLATFORMS[ec2.architecture])
    if not registry.server.startswith(LOOPBACK):
        for image in (f"python:{config.python_version}-slim", POSTGRES_BASE):
            docker_engine.refuse_stand_in(image)
    return Builder(
        provider=docker.Provider("builder", host=docker_engine.endpoint()),
        version=builder(config.builder),
        registry=registry.for_push(),
        arguments={"SOURCE_URL": config.source_url} if config.source_url else {},
    )


def _account(config: StackConfig, ec2: Ec2Config) -> aws.Provider:
    regions = [region.value for region in aws.Region]
    if ec2.region not in regions:
        key = f"{pulumi.get_project()}:region"
        raise pulumi.RunError(
            f'{key} is "{ec2.region}"; accepted: {", ".join(regions)}. '
            f"Fix: pulumi config set {key} eu-central-1"
        )
    all_tags = {**tags.of_deployment(config.name), "ManagedBy": "pulumi"}
    return aws.Provider("aws", region=ec2.region, default_tags={"tags": all_tags})
