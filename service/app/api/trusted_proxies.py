"""Who the client is when proxies stand in front."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from app.settings import Settings


class TrustedProxies:
    """Believes exactly as many forwarded entries as there are proxies of ours."""

    def __init__(self, settings: Settings) -> None:
        self._number = settings.trusted_hops
        self._networks = [ip_network(each) for each in settings.trusted_proxies]

    def trusts(self, peer: str) -> bool:
        """Whether the peer may be one of our proxies at all."""
        address = _address(peer) if self._number else None
        return address is not None and any(address in network for network in self._networks)

    def client(self, peer: str, forwarded_for: Sequence[str]) -> str:
        """The address our outermost proxy saw. Entries left of it are the client's own claims."""
        if not self.trusts(peer):
            return peer
        entries = [entry.strip() for line in forwarded_for for entry in line.split(",")]
        nearest = entries[-self._number :]
        return nearest[0] if nearest and _address(nearest[0]) else peer


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
