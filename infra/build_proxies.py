"""The HTTP proxy of the deploying machine, for the downloads of an image's build."""

import os
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

import pulumi

VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
"""Docker takes these as build arguments undeclared, and keeps them out of cache and history."""


def arguments(environment: Mapping[str, str] = os.environ) -> dict[str, pulumi.Input[str]]:
    """The build arguments that lead a build through the proxy; none where there is none.

    Secret, because the address of a proxy may hold a password.
    """
    if not any(environment.get(name) for name in VARIABLES if "no_" not in name.lower()):
        return {}
    return {
        name: pulumi.Output.secret(value) for name in VARIABLES if (value := environment.get(name))
    }


def network(environment: Mapping[str, str] = os.environ) -> str | None:
    """The network of the build: the host's own, where the proxy listens on its loopback address."""
    addresses = (environment.get(name) for name in VARIABLES if "no_" not in name.lower())
    hosts = [
        urlsplit(value if "//" in value else f"//{value}").hostname for value in addresses if value
    ]
    return "host" if any(map(_is_loopback, hosts)) else None


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False
