"""What strangers may cost: thousands of connections that say nothing, or little at a time.

Against a running hall: each kind of stranger for a minute from 127.0.0.2, while an ordinary client
asks from 127.0.0.3. Prints how long that one waited, and the memory of the API around it.
"""

import asyncio
import gzip
import resource
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from itertools import cycle
from statistics import quantiles

import httpx
import psutil
import rich_click as click

from bench.hall import Hall
from bench.machine import machine
from interfaces.bootstrap import stack
from interfaces.tokens import Tokens

STRANGERS_FROM, ORDINARY_FROM = "127.0.0.2", "127.0.0.3"
ORDINARY_PER_S = 20
REST_S = 20
LARGE_PER_MINUTE = 50

Stranger = Callable[["Bench"], Awaitable[None]]


class Bench:
    """A hall, and the tokens of a player who means no good."""

    def __init__(self) -> None:
        self.hall = Hall()
        tokens = Tokens(self.hall.settings.signing_secret())
        self.player = tokens.issue("stranger", "player")
        self.room = self.hall.open_room(capacity=10)

    def head(self, path: str, length: int, *more: str) -> bytes:
        """The header of a request with a body of so many bytes."""
        lines = (
            f"POST {path} HTTP/1.1",
            f"Host: {self.hall.host}",
            f"Authorization: Bearer {self.player}",
            "Content-Type: application/json",
            f"Content-Length: {length}",
            *more,
        )
        return "\r\n".join((*lines, "", "")).encode()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection from where strangers come."""
        address = self.hall.host, self.hall.port
        return await asyncio.open_connection(*address, local_addr=(STRANGERS_FROM, 0))

    @property
    def memory_mib(self) -> float:
        """What the API takes."""
        processes = stack.processes(self.hall.settings)
        pids = [each.pid for each in processes if each.name.startswith("api") and each.pid]
        return sum(psutil.Process(pid).memory_info().rss for pid in pids) / 2**20


async def _dribble(bench: Bench, begin: bytes, rest: Iterator[bytes]) -> None:
    """Connect, say how it begins, and then one piece a second until the other side has enough."""
    reader, writer = await bench.connect()
    try:
        writer.write(begin)
        while not reader.at_eof():
            with suppress(TimeoutError):
                async with asyncio.timeout(1):
                    if not await reader.read(4_096):
                        return
            piece = next(rest, b"")
            if piece:
                writer.write(piece)
                await writer.drain()
    finally:
        writer.close()


async def silent(bench: Bench) -> None:
    """Say nothing at all."""
    await _dribble(bench, b"", iter(()))


async def headers(bench: Bench) -> None:
    """A header that never ends."""
    await _dribble(bench, b"GET /health/live HTTP/1.1\r\nX-Slow: ", cycle([b"x"]))


async def bodies(bench: Bench) -> None:
    """A body with a token, a byte a second."""
    await _dribble(bench, bench.head("/api/v1/waitroom/join", 1_000), cycle([b" "]))


LINES = gzip.compress(b"x\n" * 524_288)
NUMBERS = gzip.compress(b"[" + b"1," * 499_999 + b"1]")


async def large(bench: Bench) -> None:
    """A kilobyte that unpacks to half a million lines or numbers."""
    for body, kind in ((LINES, "application/x-ndjson"), (NUMBERS, "application/json")):
        reader, writer = await bench.connect()
        begin = bench.head("/api/v1/events/batch", len(body), "Content-Encoding: gzip")
        writer.write(begin.replace(b"application/json", kind.encode()) + body)
        await reader.read(1)
        writer.close()
        await asyncio.sleep(60 / LARGE_PER_MINUTE)


KINDS: dict[str, tuple[Stranger, int]] = {
    "silent": (silent, 3_000),
    "headers": (headers, 3_000),
    "bodies": (bodies, 3_000),
    "large": (large, 1),
}


async def _again_and_again(bench: Bench, stranger: Stranger, until: float) -> None:
    while time.monotonic() < until:
        with suppress(OSError):
            await stranger(bench)
        await asyncio.sleep(1)


async def _ask(bench: Bench, until: float) -> list[float]:
    """Ask as ordinary people do; how many milliseconds each answer took."""
    took_ms: list[float] = []
    transport = httpx.AsyncHTTPTransport(local_address=ORDINARY_FROM)
    token = {"Authorization": f"Bearer {bench.hall.token}"}
    async with httpx.AsyncClient(
        base_url=bench.hall.settings.base_url, transport=transport, timeout=60, headers=token
    ) as client:
        number = 0
        while time.monotonic() < until:
            number += 1
            began = time.perf_counter()
            if number % 2:
                answer = await client.get("/health/live")
            else:
                body = {"event_id": bench.room, "user_id": f"ordinary-{began}"}
                answer = await client.post("/api/v1/waitroom/join", json=body)
            assert answer.is_success, answer.text
            took_ms.append(1_000 * (time.perf_counter() - began))
            await asyncio.sleep(1 / ORDINARY_PER_S)
    return took_ms


async def _attack(bench: Bench, kind: str, seconds: float) -> None:
    stranger, count = KINDS[kind]
    before = bench.memory_mib
    until = time.monotonic() + seconds
    strangers = [
        asyncio.create_task(_again_and_again(bench, stranger, until)) for _ in range(count)
    ]
    took_ms = await _ask(bench, until)
    during = bench.memory_mib
    for task in strangers:
        task.cancel()
    await asyncio.gather(*strangers, return_exceptions=True)
    await asyncio.sleep(REST_S)
    shares = quantiles(took_ms, n=100)
    click.echo(
        f"{kind:8} x{count:<5} ordinary requests {len(took_ms):5}: p50 {shares[49]:6.1f} ms, "
        f"p99 {shares[98]:6.1f} ms, longest {max(took_ms):6.1f} ms; "
        f"memory {before:.0f} MiB before, {during:.0f} during, {bench.memory_mib:.0f} after"
    )


@click.command()
@click.option("--seconds", default=60.0, help="Of each kind.")
@click.argument("kinds", nargs=-1, type=click.Choice(list(KINDS)))
def main(seconds: float, kinds: tuple[str, ...]) -> None:
    """Attack the running hall with each of KINDS, or with all of them."""
    click.echo(machine())
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8_192), most))
    bench = Bench()
    for kind in kinds or KINDS:
        asyncio.run(_attack(bench, kind, seconds))


if __name__ == "__main__":
    main()
