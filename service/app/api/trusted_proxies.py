"""The client's address behind proxies."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from app.settings import Settings


class TrustedProxies:
    """Trusts as many entries of X-Forwarded-For as there are proxies of ours."""

    def __init__(self, settings: Settings) -> None:
        self._number = settings.trusted_hops
        self._networks = [ip_network(network) for network in settings.trusted_proxies]

    def trusts(self, peer: str) -> bool:
        """Whether the peer's address is one of a proxy of ours."""
        address = _address(peer) if self._number else None
        return address is not None and any(address in network for network in self._networks)

    def client(self, peer: str, forwarded_for: Sequence[str]) -> str:
        """The address that our outermost proxy saw; the client wrote all entries before it."""
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
