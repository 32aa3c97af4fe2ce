"""Nobody reaches what is behind the hall by naming it: a generated list of those who would."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import product

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.effects.actions import TcpLine, Webhook
from infra.effects.outward import (
    MOST_ADDRESSES,
    NOWHERE_4,
    NotReached,
    Outward,
    checked_client,
    is_public,
)
from infra.effects.tcp import TcpLines
from infra.effects.webhook import Webhooks
from tests.effects.given import SECRET, a_post, an_effect, here, trusted
from tests.effects.receivers import HERE, HttpReceiver, answer, running

PRIVATE_4 = (
    *("127.0.0.1", "127.1.2.3", "127.255.255.254", "0.0.0.0", "0.1.2.3"),
    *("10.0.0.1", "10.255.255.254", "172.16.0.1", "172.31.255.254", "192.168.0.1"),
    *("169.254.169.254", "169.254.0.1", "169.254.170.2", "100.64.0.1", "100.100.100.200"),
    *("100.127.255.254", "192.0.0.1", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.19.255.254"),
    *("198.51.100.1", "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.255.255.255"),
    *("240.0.0.1", "255.255.255.255", "168.63.129.16"),
)
PRIVATE_6 = (
    *("::", "::1", "fe80::1", "fe80::a9fe:a9fe", "febf::1", "fec0::1", "fc00::1", "fd00:ec2::254"),
    *("fdff::1", "ff02::1", "ff0e::1", "2001:db8::1", "3fff::1", "100::1", "5f00::1", "4000::1"),
    "64:ff9b:1::1",
)
PUBLIC = ("93.184.215.14", "1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e")


def in_6(address: IPv4Address) -> list[str]:
    """An address of IPv4 in all the ways in which one of IPv6 leads to it."""
    number = int(address)
    low, teredo = f"{number >> 16:x}:{number & 0xFFFF:x}", f"{number ^ 0xFFFFFFFF:08x}"
    return [
        f"::ffff:{low}",
        f"::ffff:0:{low}",
        f"::{low}",
        f"64:ff9b::{low}",
        f"64:ff9b:1::{low}",
        f"2002:{low}::1",
        f"2001:0:{low}::1",
        f"2001:0:102:304:8000:0:{teredo[:4]}:{teredo[4:]}",
        f"fe80::5efe:{low}",
    ]


def as_numbers(address: IPv4Address) -> list[str]:
    """An address of IPv4 in all the ways in which some program reads one."""
    number, (a, b, c, d) = int(address), address.packed
    return [
        str(number),
        hex(number),
        f"0{number:o}",
        f"{a}.{number & 0xFFFFFF}",
        f"{a}.{b}.{number & 0xFFFF}",
        f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}",
        f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
        f"{a:03}.{b:03}.{c:03}.{d:03}",
        f"{address}.",
        f"{a}.{b}.{c}.{d + 256}",
    ]


ADDRESSES = [
    *PRIVATE_4,
    *PRIVATE_6,
    *(one for each in PRIVATE_4 for one in in_6(IPv4Address(each))),
]
NUMBERS = [one for each in PRIVATE_4 for one in as_numbers(IPv4Address(each))]
PUBLIC_NUMBERS = [one for each in ("8.8.8.8", "1.1.1.1") for one in as_numbers(IPv4Address(each))]
NAMES = (
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127.0.0.1.nip.example",
    "①②⑦.⓪.⓪.①",
    "1\uff127.0.0.1",
)


def url_of(host: str) -> str:
    return f"https://[{host}]/" if ":" in host else f"https://{host}/"


TARGETS = [
    *map(url_of, (*ADDRESSES, *NUMBERS, *PUBLIC_NUMBERS, *NAMES)),
    *("http://[::ffff:127.0.0.1]/", "http://[::127.0.0.1]/", "http://[fe80::1%25lo]/"),
    *("https://user@8.8.8.8/", "https://user:word@8.8.8.8/", "https://8.8.8.8@127.0.0.1/"),
    *("https://127.0.0.1#@8.8.8.8/", "https://127.0.0.1\\@8.8.8.8/", "https:///127.0.0.1/"),
    *(f"https://8.8.8.8:{port}/" for port in (22, 23, 25, 53, 110, 143, 389, 445, 465, 587, 993)),
    *("http://8.8.8.8/", "http://[2606:4700:4700::1111]/"),
    *("ftp://8.8.8.8/", "file:///etc/passwd", "gopher://8.8.8.8/", "unix:///run/docker.sock"),
    *("https://", "https://:443/", "https://[/", "https://[::1", "https://8.8.8.8:99999/"),
    *("https://\x7f/", "https://ex ample/", "https://..example/"),
]
"""All that names what is behind the hall, or nothing that a webhook may be sent to."""


class Dialled(Exception):
    """Somebody was about to connect."""


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every address that anything was about to connect to; nothing does."""
    found: list[str] = []

    async def connect(self: object, sock: socket.socket, address: tuple[str, int]) -> None:
        found.append(address[0])
        raise ConnectionRefusedError("nobody connects in this test")

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect)
    return found


class Book:
    """A resolver that gives the next answer each time that it is asked, and counts."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self._answers[min(self.asked, len(self._answers)) - 1]


async def by_the_machine(host: str, port: int) -> Sequence[str]:
    """As the machine reads what looks like a number, and with one address for each name.

    Nothing asks a server for names: what a name leads to is a test's to say.
    """
    if host.rstrip(".").lower() == "localhost" or host.endswith(".nip.example"):
        return [HERE]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except OSError:
        return ["8.8.4.4"]
    return [str(each[4][0]) for each in found]


async def test_whoever_names_what_is_behind_the_hall_is_refused(dialled: list[str]) -> None:
    webhooks = Webhooks(a_post(Outward(resolve=by_the_machine)), SECRET)
    for url in TARGETS:
        delivery = await webhooks.perform(an_effect(Webhook(url=url)))
        assert delivery.outcome == "rejected", url
        assert delivery.reason, url
        assert not dialled, url
    await webhooks.close()
    assert len(TARGETS) > 500


async def test_over_tcp_too(dialled: list[str]) -> None:
    lines = TcpLines(Outward(resolve=by_the_machine), seconds=1)
    for host in (*ADDRESSES, *NUMBERS, *PUBLIC_NUMBERS, "localhost", "localhost."):
        delivery = await lines.perform(an_effect(TcpLine(host=host, port=7_000)))
        assert (delivery.outcome, delivery.again) == ("rejected", False), host
        assert not dialled, host
    await lines.close()


@pytest.mark.parametrize("host", PUBLIC)
async def test_what_is_public_is_connected_to(host: str, dialled: list[str]) -> None:
    webhooks = Webhooks(a_post(), SECRET)
    delivery = await webhooks.perform(an_effect(Webhook(url=url_of(host))))
    assert (delivery.outcome, delivery.again) == ("rejected", True)
    assert dialled == [host]
    await webhooks.close()


@pytest.mark.parametrize(
    "found",
    [[*one, *two] for one, two in product((["8.8.8.8"], []), ([each] for each in ADDRESSES))],
)
async def test_a_name_is_refused_for_one_of_its_addresses(
    found: list[str], dialled: list[str]
) -> None:
    for addresses in (found, found[::-1]):
        with pytest.raises(NotReached) as refused:
            await Outward(resolve=Book(addresses)).target("shop.example", 443)
        assert not refused.value.again
        assert not any(each in str(refused.value) for each in addresses)
    assert not dialled


async def test_a_name_that_is_another_s_a_moment_later_is_asked_for_once(
    dialled: list[str],
) -> None:
    book = Book(["8.8.8.8"], ["127.0.0.1"])
    webhooks = Webhooks(a_post(Outward(resolve=book)), SECRET)
    await webhooks.perform(an_effect(Webhook(url="https://rebinding.example/")))
    assert (book.asked, dialled) == (1, ["8.8.8.8"])
    second = await webhooks.perform(an_effect(Webhook(url="https://rebinding.example/")))
    assert (second.outcome, second.again) == ("rejected", False)
    assert (book.asked, dialled) == (2, ["8.8.8.8"])
    await webhooks.close()


async def test_a_redirect_leads_nowhere() -> None:
    async with running(HttpReceiver()) as outside, running(HttpReceiver()) as behind:
        webhooks = Webhooks(a_post(), SECRET)
        for status in (301, 302, 303, 307, 308):
            outside.answers.append(answer(status, f"location: {behind.url}"))
            delivery = await webhooks.perform(an_effect(Webhook(url=outside.url)))
            assert (delivery.outcome, delivery.again) == ("rejected", False)
        assert (len(outside.got), behind.connections) == (5, 0)
        await webhooks.close()


@pytest.mark.parametrize("count", [0, MOST_ADDRESSES + 1])
async def test_a_name_has_some_addresses_and_not_too_many(count: int) -> None:
    book = Book([f"8.8.8.{number}" for number in range(count)])
    with pytest.raises(NotReached):
        await Outward(resolve=book).target("shop.example", 443)


async def test_a_name_that_nobody_knows_may_be_known_later() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, f"{host} is not known")

    with pytest.raises(NotReached, match="not known") as refused:
        await Outward(resolve=unknown).target("shop.example", 443)
    assert refused.value.again
    assert "shop.example" not in str(refused.value)


async def test_a_proxy_of_the_environment_is_not_asked(
    receiver: HttpReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(HttpReceiver()) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://{HERE}:{proxy.port}")
        webhooks = Webhooks(a_post(), SECRET)
        delivery = await webhooks.perform(an_effect(Webhook(url=receiver.url)))
        assert (delivery.outcome, len(receiver.got), proxy.connections) == ("accepted", 1, 0)
        await webhooks.close()


@pytest.fixture
async def receiver() -> AsyncIterator[HttpReceiver]:
    async with running(HttpReceiver()) as one:
        yield one


async def test_a_network_of_the_settings_is_reached_and_no_other(receiver: HttpReceiver) -> None:
    webhooks = Webhooks(a_post(here()), SECRET)
    assert (await webhooks.perform(an_effect(Webhook(url=receiver.url)))).outcome == "accepted"
    await webhooks.close()
    others = Webhooks(a_post(Outward(["10.0.0.0/8", "127.0.0.2/32", "fd00::/8"])), SECRET)
    assert (await others.perform(an_effect(Webhook(url=receiver.url)))).outcome == "rejected"
    await others.close()
    assert receiver.connections == 1
    mapped = receiver.url.replace(HERE, "[::ffff:7f00:1]")
    by_map = Webhooks(a_post(here()), SECRET)
    assert (await by_map.perform(an_effect(Webhook(url=mapped)))).outcome == "rejected"
    await by_map.close()


async def test_a_name_is_told_to_the_receiver_whatever_the_address(receiver: HttpReceiver) -> None:
    webhooks = Webhooks(a_post(Outward(["127.0.0.0/8"], Book([HERE]))), SECRET)
    url = f"http://shop.example:{receiver.port}/hook"
    assert (await webhooks.perform(an_effect(Webhook(url=url)))).outcome == "accepted"
    assert receiver.requests[0].headers["host"] == f"shop.example:{receiver.port}"
    await webhooks.close()


async def test_what_leaves_our_networks_is_encrypted_for_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    named: list[object] = []
    wrap = ssl.SSLContext.wrap_bio

    def note(self: ssl.SSLContext, *arguments: object, **options: object) -> object:
        named.append(options.get("server_hostname"))
        return wrap(self, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(ssl.SSLContext, "wrap_bio", note)
    server = await asyncio.start_server(lambda _, writer: writer.close(), HERE, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        client = checked_client(Outward(["127.0.0.0/8"], Book([HERE])), trusted())
        with pytest.raises(httpx.ConnectError):
            await client.post(f"https://shop.example:{port}/hook")
        await client.aclose()
    assert named == [b"shop.example"]


@given(st.ip_addresses(v=4))
def test_every_address_is_either_somebody_s_or_in_the_list(address: IPv4Address) -> None:
    assert is_public(address) == (not any(address in network for network in NOWHERE_4))
    if not address.is_global:
        assert not is_public(address) or address in ip_network("192.0.0.0/24")


@given(st.ip_addresses(v=6))
def test_no_address_leads_to_one_of_version_4(address: IPv6Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast
        assert (address.ipv4_mapped, address.sixtofour, address.teredo) == (None, None, None)


@given(st.ip_addresses(v=4))
def test_an_address_in_another_is_never_public(address: IPv4Address) -> None:
    assert not any(is_public(ip_address(each)) for each in in_6(address))
