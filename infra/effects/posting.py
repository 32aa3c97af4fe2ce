"""A POST to somebody else: sent whole or not at all, answered by a status, within a time."""

import asyncio
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, NamedTuple

import httpx
from standardwebhooks import Webhook as Signature

from application.ports.deliveries import Delivery
from domain.effects.ledger import MOST_AFTER_S
from infra.effects.outward import NotReached

PATIENCE_S = 10.0
"""For all of it: to look up a name, to connect, to be answered."""

ANSWER_LIMIT_BYTES = 64 * 1024
"""Of an answer's body, which is read so that the connection can be used again, and is not kept."""

FIRST_BYTE_LEAVES = "http11.send_request_headers.started"
COMES_TOO_EARLY = frozenset({408, 425, 429})
"""Statuses of 4xx that say: not now."""

SECONDS = re.compile(r"[0-9]{1,9}")
"""A number of seconds in `Retry-After`; whoever writes more of them means no time that there is."""

SUCCESS, REDIRECTS, SERVER_ERRORS = range(200, 300), range(300, 400), range(500, 600)


class Posted(NamedTuple):
    """What became of a request: `status` is that of the answer, None where none was heard."""

    delivery: Delivery
    status: int | None = None


class Post:
    """Posts with a client, which is made when it is needed; each within so many seconds."""

    def __init__(
        self, client: Callable[[], httpx.AsyncClient], seconds: float = PATIENCE_S
    ) -> None:
        self._make = client
        self._seconds = seconds

    @cached_property
    def _client(self) -> httpx.AsyncClient:
        return self._make()

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Posted:
        """Send, and say what became of it; raises nothing that the other side does."""
        attempt, client = _Attempt(), self._client
        try:
            async with asyncio.timeout(self._seconds):
                await attempt.make(client, url, body, headers)
        except NotReached as error:
            return Posted(Delivery("rejected", str(error), error.again))
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            return Posted(Delivery("rejected", "this is no address of a server"))
        except TimeoutError:
            return attempt.outcome(f"no answer within {self._seconds:g} s")
        except httpx.HTTPError as error:
            return attempt.outcome(f"the connection failed ({type(error).__name__})")
        return attempt.outcome("")

    async def close(self) -> None:
        """Let go of connections."""
        if "_client" in self.__dict__:
            await self._client.aclose()


class _Attempt:
    """One request, and how far it has come."""

    def __init__(self) -> None:
        self._left = False
        self._status: int | None = None
        self._after = ""

    async def make(
        self, client: httpx.AsyncClient, url: str, body: bytes, headers: Mapping[str, str]
    ) -> None:
        extensions = {"trace": self._trace}
        request = client.build_request(
            "POST", url, content=body, headers=dict(headers), extensions=extensions
        )
        if request.url.userinfo:
            raise NotReached("the address has a name or password in it")
        response = await client.send(request, stream=True)
        try:
            self._status = response.status_code
            self._after = response.headers.get("retry-after", "")
            await _read_some(response)
        finally:
            await response.aclose()

    async def _trace(self, event: str, _: Mapping[str, Any]) -> None:
        self._left = self._left or event == FIRST_BYTE_LEAVES

    def outcome(self, failure: str) -> Posted:
        """What a status says, if there is one; else whether anything has left this machine."""
        if self._status is not None:
            return Posted(said_by(self._status, self._after), self._status)
        return Posted(Delivery("unknown" if self._left else "rejected", failure, again=True))


async def _read_some(response: httpx.Response) -> None:
    length = 0
    async for part in response.aiter_raw():
        length += len(part)
        if length > ANSWER_LIMIT_BYTES:
            return


def said_by(status: int, after: str = "") -> Delivery:
    """What a status says of what was posted, and `Retry-After` of when to come again."""
    if status in SUCCESS:
        return Delivery("accepted", f"answered {status}")
    if status in REDIRECTS:
        return Delivery("rejected", f"answered {status}: redirects are not followed")
    again = status in COMES_TOO_EARLY or status in SERVER_ERRORS
    after_s = seconds_until(after, datetime.now(UTC)) if again else 0
    return Delivery("rejected", f"answered {status}", again, after_s)


def seconds_until(after: str, now: datetime) -> int:
    """The seconds that `Retry-After` asks for, as such or as a date of HTTP (RFC 9110, 10.2.3).

    At most `MOST_AFTER_S`, however long somebody wants to be left alone; 0 where it says nothing.
    """
    if SECONDS.fullmatch(after):
        return min(int(after), MOST_AFTER_S)
    try:
        at = parsedate_to_datetime(after)
    except (ValueError, IndexError, OverflowError):
        return 0
    away_s = math.ceil((at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
    return min(max(away_s, 0), MOST_AFTER_S)


def signed(secret: str, id: str, body: bytes) -> dict[str, str]:
    """The headers of standard webhooks, as of now, for a body in UTF-8."""
    now = datetime.now(UTC)
    return {
        "content-type": "application/json",
        "user-agent": "Gamehall",
        "webhook-id": id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Signature(secret).sign(id, now, body.decode()),
    }
