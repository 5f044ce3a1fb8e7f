"""Who the client is when proxies stand in front."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from app.settings import Settings

Networks = tuple[IPv4Network | IPv6Network, ...]


class Hops:
    """Believes exactly as many forwarded entries as there are proxies of ours."""

    def __init__(self, settings: Settings) -> None:
        self._number = settings.trusted_hops
        self._networks: Networks = tuple(map(ip_network, settings.trusted_proxies))

    def trusts(self, peer: str) -> bool:
        """Whether the peer may be one of our proxies at all."""
        return self._number > 0 and _within(peer, self._networks)

    def client(self, peer: str, forwarded_for: Sequence[str]) -> str:
        """The address our outermost proxy saw. Entries left of it are the client's own claims."""
        if not self.trusts(peer):
            return peer
        entries = [entry.strip() for line in forwarded_for for entry in line.split(",")]
        nearest = entries[-self._number :]
        return nearest[0] if nearest and _is_address(nearest[0]) else peer


@lru_cache(maxsize=1024)
def _within(address: str, networks: Networks) -> bool:
    if not _is_address(address):
        return False
    return any(ip_address(address) in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
