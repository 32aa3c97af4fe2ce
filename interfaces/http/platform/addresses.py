"""How much one network address may ask at a time, whoever it speaks for."""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from interfaces.http.platform.problems import Problem

MOST_REQUESTS = 512
"""Of one address at a time, where no setting says otherwise."""

MOST_KNOWN = 4_096
"""Addresses of which it is remembered whether they are trusted."""


class Addresses:
    """Counts the requests in progress of each address.

    An address is the other end of the connection: behind a proxy it is the proxy's, which is to be
    in the `trusted` networks (CIDR), as is whoever else speaks for many. `most` is for all others.
    """

    def __init__(self, most: int = MOST_REQUESTS, trusted: Iterable[str] = ()) -> None:
        self._most = most
        self._trusted = [ip_network(network) for network in trusted]
        self.present: Counter[str] = Counter()
        self._is_trusted = lru_cache(MOST_KNOWN)(self._find)

    def enter(self, address: str) -> None:
        """Count a request; raises `Problem` 429 where there are too many."""
        present = self.present.get(address, 0)
        if present >= self._most and not self._is_trusted(address):
            raise Problem(
                429,
                "too-many-from-address",
                f"{self._most} requests of the address {address} are in progress already; "
                "wait for an answer before you ask again.",
                headers={"Retry-After": "1"},
            )
        self.present[address] = present + 1

    def leave(self, address: str) -> None:
        """A request is over."""
        if self.present[address] == 1:
            del self.present[address]
        else:
            self.present[address] -= 1

    def trusts(self, address: str) -> bool:
        """Whether somebody there speaks for many."""
        return self._is_trusted(address)

    def _find(self, address: str) -> bool:
        known = _known(address)
        return known is None or any(known in network for network in self._trusted)


def network_of(address: str) -> str:
    """As much of an address as one household or customer has."""
    known = _known(address)
    if known is None:
        return address
    return str(ip_network((known, 64), strict=False)) if known.version == 6 else str(known)  # noqa: PLR2004


def _known(address: str) -> IPv4Address | IPv6Address | None:
    """An address as people know it, also where a socket for both kinds wraps one in the other."""
    try:
        known = ip_address(address)
    except ValueError:  # a socket in a folder has none
        return None
    return getattr(known, "ipv4_mapped", None) or known
