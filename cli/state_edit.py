"""Changes of an exported state that Pulumi has no command for."""

from typing import Any

from cli.stack import Resource, resources


def take_out(state: dict[str, Any], gone: list[Resource]) -> None:
    """Remove `gone` from the state, and what the other resources say of them."""
    identities = {id(resource) for resource in gone}
    kept = [resource for resource in resources(state) if id(resource) not in identities]
    # A replaced one that is not deleted yet has the same URN.
    lost = {resource["urn"] for resource in gone} - {resource["urn"] for resource in kept}
    for resource in kept:
        forget(resource, lost)
    state["deployment"]["resources"] = kept


def forget(resource: Resource, lost: set[str]) -> None:
    """Take the URNs in `lost` out of what `resource` depends on."""
    for key in ("dependencies", "replaceWith"):
        if key in resource:
            urns: list[str] = resource[key] or []
            resource[key] = [urn for urn in urns if urn not in lost]
    named: dict[str, list[str] | None] = resource.get("propertyDependencies") or {}
    if named:
        resource["propertyDependencies"] = {
            name: [urn for urn in urns or [] if urn not in lost] for name, urns in named.items()
        }
    if resource.get("deletedWith") in lost:
        del resource["deletedWith"]
