"""The right to push images and to pull them on the host, for as long as a command runs."""

from dataclasses import dataclass

import pulumi
import pulumi_docker as docker

from infra.config import StackConfig


@dataclass(frozen=True)
class Credentials:
    """A token for the registry at `server`. The host itself stores nothing of it."""

    server: str
    owner: str
    token: pulumi.Output[str]

    def for_push(self) -> docker.RegistryArgs:
        """For the Docker Engine that builds."""
        return docker.RegistryArgs(server=self.server, username=self.owner, password=self.token)

    def for_pull(self) -> docker.ProviderRegistryAuthArgs:
        """For the host's Docker Engine."""
        return docker.ProviderRegistryAuthArgs(
            address=self.server, username=self.owner, password=self.token
        )


def credentials(config: StackConfig) -> Credentials | None:
    """The credentials that the configuration or the environment holds; None for a public image.

    Raises pulumi.RunError when there are none and an image is to be built and pushed.
    """
    server, owner, *_ = config.repository.split("/")
    if config.registry_token is not None:
        return Credentials(server, owner, config.registry_token)
    if config.image and config.postgres_image:
        return None
    key = f"{pulumi.get_project()}:registryToken"
    raise pulumi.RunError(
        f"No token to push an image to {config.repository}. Fix: export GITHUB_TOKEN=… (one that "
        f"may write packages), or: pulumi config set --secret {key}"
    )
