"""Who the client is when proxies stand in front."""

from collections.abc import Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network

from app.settings import Settings


class Hops:
    """Believes exactly as many forwarded entries as there are proxies of ours."""

    def __init__(self, settings: Settings) -> None:
        self._number = settings.trusted_hops
        self._networks = [ip_network(each) for each in settings.trusted_proxies]
        # The same few peers ask all the time.
        self.trusts = lru_cache(maxsize=1024)(self._trusts)

    def _trusts(self, peer: str) -> bool:
        """Whether the peer may be one of our proxies at all."""
        if self._number == 0 or not _is_address(peer):
            return False
        return any(ip_address(peer) in network for network in self._networks)

    def client(self, peer: str, forwarded_for: Sequence[str]) -> str:
        """The address our outermost proxy saw. Entries left of it are the client's own claims."""
        if not self.trusts(peer):
            return peer
        entries = [entry.strip() for line in forwarded_for for entry in line.split(",")]
        nearest = entries[-self._number :]
        return nearest[0] if nearest and _is_address(nearest[0]) else peer


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
