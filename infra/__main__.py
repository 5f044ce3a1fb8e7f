"""The whole system on one screen: what runs, on what, in which order."""

import pulumi

from components.datastore import Datastore, DatastoreArgs
from components.edge import Edge, EdgeArgs
from components.image import SERVICE, Image, ImageArgs
from components.network import Network
from components.release import Release, ReleaseArgs
from config import StackConfig
from targets import provision

config = StackConfig.load()
host = provision(config)
on_host = pulumi.ResourceOptions(providers=[host.provider])

image = Image(
    config.name,
    ImageArgs(
        host=host,
        context=SERVICE,
        prebuilt=config.image,
        repository=config.repository,
        tag=pulumi.get_stack(),
        arguments={"PYTHON_VERSION": config.python_version},
    ),
    on_host,
)
network = Network(config.name, host, on_host)
datastore = Datastore(
    config.name,
    DatastoreArgs(
        host=host,
        network=network.name,
        database_password=config.database_password,
        postgres_image=config.postgres_image,
        repository=config.repository,
        tag=f"{pulumi.get_stack()}-postgres",
        backup_secret=config.backup_secret,
        backup_time=config.backup_time,
        backup_weeks=config.backup_weeks,
    ),
    on_host,
)
edge = Edge(
    config.name,
    EdgeArgs(host=host, network=network.name, drain_timeout=config.drain_timeout),
    on_host,
)
release = Release(
    config.name,
    ReleaseArgs(
        environment=pulumi.get_stack(),
        host=host,
        network=network.name,
        image=image,
        datastore=datastore,
        edge=edge,
        secret_key=config.secret_key,
        replicas=config.replicas,
        health_timeout=config.health_timeout,
        migration_timeout=config.migration_timeout,
        drain_timeout=config.drain_timeout,
        repository=config.repository,
        keep_releases=config.keep_releases,
    ),
    on_host,
)

pulumi.export("url", host.url)
pulumi.export("endpoint", host.endpoint)
pulumi.export("release", image.digest)
pulumi.export("revisions", image.revisions)
pulumi.export("containers", release.containers)
