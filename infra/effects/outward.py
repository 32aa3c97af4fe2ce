"""Reaching out: to which addresses of networks the hall connects because somebody named a host.

Whoever writes a rule, or asks to be pushed to, names a host; the hall stands where that person may
not. So a name is resolved once, every address that it has is looked at, and the connection is made
to one of those: nothing asks for the name again (docs/adr/0039-what-reaches-out.md).
"""

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from http.cookiejar import CookieJar, DefaultCookiePolicy
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from socket import SOCK_STREAM, gaierror
from typing import NamedTuple

import httpcore
import httpx

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""The addresses of a host, for a port; raises `OSError` where there are none."""

ANYWHERE = ("0.0.0.0/0", "::/0")
"""For what nobody but who runs the hall has named."""

MOST_ADDRESSES = 16
"""Of one name; who has more is not looked at in full by anybody."""

CONNECT_S = 3.0
"""For one address to answer, before the next is tried."""

KEPT_OPEN_S = 15.0
"""For which a connection that nobody uses is kept."""

HIGHEST_PORT = 65_535
LOW_PORTS = range(1_024)
PORTS_OF_WEB = frozenset({80, 443})
"""Of the low ones; behind the others are servers that take a request for something else."""

NOWHERE_4 = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24"),
            *("192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24"),
            *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
            "168.63.129.16/32",
        ),
    )
)
"""What IANA's registry of special addresses has (RFC 6890), groups of listeners, and an address
that looks public and is what Azure's machines are told about themselves by."""

GLOBAL_6 = ip_network("2000::/3")
"""All that IANA has given out for one listener each; beyond are ULA, link-local, loopback, groups,
and addresses that have one of IPv4 in them (`::ffff:0:0/96`, `64:ff9b::/96`)."""

NOWHERE_6 = tuple(
    map(ip_network, ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20"))
)
"""Within that: protocols such as Teredo, examples, and 6to4, which has an address in it."""

HOST = re.compile(r"[a-z0-9._-]{1,253}|[0-9a-f:.]+(?:%[a-z0-9._-]+)?", re.IGNORECASE)
"""A name as it stands in the address book of the internet, or an address; other alphabets have been
put into this one before."""

ENDS_IN_NUMBER = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$", re.IGNORECASE)
"""Of a host that is meant to be an address, as the URL standard of browsers has it; one that is
written in octal, hexadecimal or as one number is read differently by different programs."""


class NotReached(Exception):
    """A sentence on why there is no connection, which names neither host nor address.

    `again` says whether it may be there later.
    """

    def __init__(self, reason: str, *, again: bool = False) -> None:
        super().__init__(reason)
        self.again = again


class Target(NamedTuple):
    """Where to connect to. `is_named` where a network of the settings has all the addresses."""

    addresses: Sequence[str]
    is_named: bool


async def resolved(host: str, port: int) -> Sequence[str]:
    """Ask as the machine is set up to; see `Resolve`."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)
    return [str(each[4][0]) for each in found]


class Outward:
    """Says where a host is, if it may be reached.

    `networks` are those of our own that may be, such as `10.0.0.0/8`.
    """

    def __init__(self, networks: Iterable[str] = (), resolve: Resolve = resolved) -> None:
        self._networks = tuple(map(ip_network, networks))
        self._resolve = resolve

    async def target(self, host: str, port: int) -> Target:
        """Resolve a host, once; raises `NotReached` where one of its addresses may not be reached.

        A name of which one address is private is refused as a whole: which one is connected to
        would be up to chance, and so to whoever made the name.
        """
        if not (HOST.fullmatch(host) and 0 < port <= HIGHEST_PORT):
            raise NotReached("this is no name of a host, or no port")
        if ENDS_IN_NUMBER.search(host):
            _require_written_plainly(host)
        try:
            found = {ip_address(each): each for each in await self._resolve(host, port)}
        except gaierror as error:
            raise NotReached("the host's name is not known", again=True) from error
        except (OSError, UnicodeError, ValueError) as error:
            raise NotReached("the host's name cannot be looked up") from error
        if not 0 < len(found) <= MOST_ADDRESSES:
            raise NotReached(f"the host has no address, or more than {MOST_ADDRESSES}")
        outside = [address for address in found if not self._is_named(address)]
        if not all(map(is_public, outside)):
            raise NotReached(
                "the host has an address that is not public, of a network that"
                " GAMEHALL_EFFECT_NETWORKS does not name"
            )
        if outside and port in LOW_PORTS and port not in PORTS_OF_WEB:
            raise NotReached(f"port {port} is for something else")
        return Target(list(found.values()), is_named=not outside)

    def _is_named(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def is_public(address: Address) -> bool:
    """Whether an address is somebody's on the internet, and nothing else.

    Python's own `is_global` is not asked: what it says differs between versions, and it takes
    groups and addresses with one of IPv4 in them for global.
    """
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOWHERE_4)
    return address in GLOBAL_6 and not any(address in network for network in NOWHERE_6)


def _require_written_plainly(host: str) -> None:
    try:
        plain = str(ip_address(host)) == host
    except ValueError:
        plain = False
    if not plain:
        raise NotReached("the host is a number that is not written as an address is")


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to what was checked. `encrypts` says whether what follows is TLS.

    What is not, goes to networks of the settings alone: anybody on the way reads and changes it.
    """

    def __init__(self, outward: Outward, *, encrypts: bool) -> None:
        self._outward = outward
        self._encrypts = encrypts
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  as the package has it
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers; raises `NotReached`."""
        target = await self._outward.target(host, port)
        if not (self._encrypts or target.is_named):
            raise NotReached("what leaves the networks of the settings is encrypted (https)")
        failed: Exception | None = None
        for address in target.addresses:
            try:
                return await self._network.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise NotReached("nobody answers there", again=True) from failed

    async def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,  # noqa: ASYNC109  as the package has it
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Refuse: nobody outside of this machine is there."""
        raise NotReached("a file of this machine is no host")

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._network.sleep(seconds)


class CheckedTransport(httpx.AsyncHTTPTransport):
    """HTTP over a `CheckedNetwork`, without what the environment says of proxies."""

    def __init__(
        self, outward: Outward, trusted: ssl.SSLContext, *, encrypts: bool, most: int
    ) -> None:
        super().__init__(trusted, trust_env=False)
        # `httpx` has no word for it. Were this attribute another one day, nothing here would be
        # checked, which `tests/effects/test_outward.py` would say of every address.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=trusted,
            max_connections=most,
            max_keepalive_connections=most,
            keepalive_expiry=KEPT_OPEN_S,
            network_backend=CheckedNetwork(outward, encrypts=encrypts),
        )


def checked_client(
    outward: Outward, trusted: ssl.SSLContext | None = None, most: int = 20
) -> httpx.AsyncClient:
    """A client that reaches what may be reached, with up to `most` connections of each kind.

    `trusted` says whose certificates are believed, by default those that browsers believe. It
    follows no redirects, as what was said of one address says nothing of another, and keeps no
    cookies, of which somebody might set any number.
    """
    trusted = trusted or httpx.create_ssl_context(trust_env=False)
    return httpx.AsyncClient(
        transport=CheckedTransport(outward, trusted, encrypts=False, most=most),
        mounts={"https://": CheckedTransport(outward, trusted, encrypts=True, most=most)},
        trust_env=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        follow_redirects=False,
        timeout=httpx.Timeout(None, connect=CONNECT_S),  # whoever asks has one for all of it
    )
