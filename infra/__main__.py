"""The whole system on one screen: its components, their host and their order."""

import pulumi

from infra import project
from infra.components.datastore import Datastore, DatastoreArgs
from infra.components.edge import Edge, EdgeArgs
from infra.components.images import Images, ImagesArgs
from infra.components.network import Network
from infra.components.release import Release, ReleaseArgs
from infra.config import StackConfig
from infra.targets import provision

config = StackConfig.load()
host = provision(config)
on_host = pulumi.ResourceOptions(providers=[host.provider])
images = Images(
    config.name,
    ImagesArgs(
        host=host,
        service=project.root() / "service",
        prebuilt=config.image,
        prebuilt_postgres=config.postgres_image,
        repository=config.repository,
        python_version=config.python_version,
        secrets=[config.database_password, config.backup_secret],
        app=config.app,
        secret_key=config.secret_key,
    ),
    on_host,
)
network = Network(config.name, host, on_host)
edge = Edge(
    config.name,
    EdgeArgs(host=host, network=network.name, images=images, drain_timeout=config.drain_timeout),
    on_host,
)
datastore = Datastore(
    config.name,
    DatastoreArgs(
        host=host,
        network=network,
        images=images,
        edge=edge,
        database_password=config.database_password,
        replicas=config.replicas,
        backup_secret=config.backup_secret,
        backup_time=config.backup_time,
        backup_weeks=config.backup_weeks,
    ),
    on_host,
)
release = Release(
    config.name,
    ReleaseArgs(
        environment=pulumi.get_stack(),
        host=host,
        network=network,
        image=images.api,
        app=config.app,
        datastore=datastore,
        edge=edge,
        secret_key=config.secret_key,
        replicas=config.replicas,
        health_timeout=config.health_timeout,
        migration_timeout=config.migration_timeout,
        limits=config,
        keep_releases=config.keep_releases,
    ),
    on_host,
)

pulumi.export("url", host.url)
pulumi.export("endpoint", host.endpoint)
pulumi.export("release", images.api.digest)
pulumi.export("revisions", images.api.revisions)
pulumi.export("containers", release.containers)
pulumi.export("connections", datastore.connections)
