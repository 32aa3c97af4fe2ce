"""A load generator on plain asyncio protocols, so that it takes little of the two cores.

Two loops: closed (each connection sends its next request when it has its answer) for throughput,
and open (requests are due at a fixed rate, and latency counts from when they were due, not from
when a connection was free) for latency without coordinated omission.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from statistics import median
from typing import cast

HTTP_ERRORS = 400
MOST_CONNECTIONS = 64


@dataclass
class Result:
    """What one run measured; latencies in seconds."""

    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)

    @property
    def rate(self) -> float:
        """Answers a second that were a success."""
        return sum(n for status, n in self.statuses.items() if status < HTTP_ERRORS) / self.seconds

    def percentile(self, percent: float) -> float:
        """Milliseconds below which `percent` of the answers came."""
        ordered = sorted(self.latencies)
        return 1_000 * ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]

    def row(self) -> dict[str, float | str]:
        """The figures for a table."""
        return {
            "requests": len(self.latencies),
            "answered a second": round(self.rate),
            "p50 ms": round(1_000 * median(self.latencies), 2),
            "p99 ms": round(self.percentile(99), 2),
            "max ms": round(self.percentile(100), 2),
            "statuses": " ".join(f"{s}:{n}" for s, n in sorted(self.statuses.items())),
        }


class Connection(asyncio.Protocol):
    """One keep-alive connection that has at most one request on its way."""

    def __init__(self, answered: Callable[["Connection", int], None]) -> None:
        self._answered = answered
        self._received = b""
        self.due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.WriteTransport", transport)

    def send(self, request: bytes, due: float) -> None:
        self.due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, body = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        if len(body) >= length:
            self._received = body[length:]
            self._answered(self, int(head[9:12]))

    def close(self) -> None:
        self._transport.close()


async def closed(
    host: str, port: int, requests: Iterator[bytes], connections: int, seconds: float
) -> Result:
    """Keep `connections` busy for `seconds`."""
    result = Result()
    clock = time.perf_counter
    running = connections
    finished = asyncio.get_running_loop().create_future()

    def answered(connection: Connection, status: int) -> None:
        nonlocal running
        now = clock()
        result.latencies.append(now - connection.due)
        result.statuses[status] = result.statuses.get(status, 0) + 1
        if now < end:
            connection.send(next(requests), now)
        else:
            running -= 1
            if not running:
                finished.set_result(None)

    pool = await connect(host, port, connections, answered)
    start = clock()
    end = start + seconds
    for connection in pool:
        connection.send(next(requests), clock())
    await finished
    result.seconds = clock() - start
    for connection in pool:
        connection.close()
    return result


async def at_rate(
    host: str, port: int, requests: Iterator[bytes], rate: float, seconds: float
) -> Result:
    """Send `rate` requests a second for `seconds`, whether earlier ones are answered or not."""
    result = Result()
    clock = time.perf_counter
    total = int(rate * seconds)
    finished = asyncio.get_running_loop().create_future()
    idle: deque[Connection] = deque()
    late: list[float] = []

    def answered(connection: Connection, status: int) -> None:
        result.latencies.append(clock() - connection.due)
        result.statuses[status] = result.statuses.get(status, 0) + 1
        if late:
            connection.send(next(requests), late.pop(0))
        else:
            idle.append(connection)
        if len(result.latencies) == total:
            finished.set_result(None)

    # The server ends connections that rest for seconds.
    connections = max(2, min(MOST_CONNECTIONS, round(rate)))
    idle.extend(await connect(host, port, connections, answered))
    pool = list(idle)
    start = clock()
    for number in range(total):
        due = start + number / rate
        if (wait := due - clock()) > 0:
            await asyncio.sleep(wait)
        if idle:
            idle.popleft().send(next(requests), due)
        else:
            late.append(due)
    await finished
    result.seconds = clock() - start
    for connection in pool:
        connection.close()
    return result


async def connect(
    host: str, port: int, count: int, answered: Callable[[Connection, int], None]
) -> list[Connection]:
    """Open connections that tell whom they have an answer for."""
    loop = asyncio.get_running_loop()
    pairs = [
        await loop.create_connection(lambda: Connection(answered), host, port) for _ in range(count)
    ]
    return [connection for _, connection in pairs]


def post(host: str, path: str, token: str, body: bytes) -> bytes:
    """A POST request as it goes over the wire."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body
