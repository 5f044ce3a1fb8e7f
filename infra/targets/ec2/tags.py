"""The tags by which the resources of a deployment are found in the account."""

import pulumi


def of_deployment(name: str) -> dict[str, str]:
    """The tags of each resource of the deployment `name`."""
    return {
        "Project": pulumi.get_project(),
        "Stack": pulumi.get_stack(),
        "Deployment": name,
    }
