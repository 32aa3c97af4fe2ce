"""From where somebody was, and then live: how something stands, and what happens to it after that.

Who follows something subscribes first, then looks how it stands, and goes on with what was heard
meanwhile; whatever is missed begins that anew. What is told by numbers goes on from a cursor,
however long somebody was away, and whichever process they come back to, without a gap or a double.
"""

import asyncio
import re
from collections import deque
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Mapping,
    Sequence,
)
from contextlib import aclosing, asynccontextmanager
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qs

import structlog

from application.ports.commands import Feed, Unavailable
from domain.events import DomainEvent, Position, Recorded
from interfaces.http.platform.problems import Problem, bad_request
from interfaces.http.platform.shared_feeds import shared

MOST_HEARD = 256
"""Events that may wait for a reader who is slow, or still looks at what was before."""

PAGE_ENTRIES = 200
"""That are looked up at a time."""

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 2.0
"""Seconds before somebody who could not say how things stand is asked again."""

HEADER = b"last-event-id"
PARAMETER = b"last_event_id"
"""Where a cursor stands; the parameter is for who cannot send the header."""

NUMBER = re.compile(r"[0-9]{1,16}")
LARGEST_CURSOR = 2**53 - 1
"""Which programs in JavaScript can count to."""

logger = structlog.get_logger(__name__)


class Look(NamedTuple):
    """How something stands: its state, and the number of the newest thing that it has told.

    `position` is that of the last event that this rests on.
    """

    state: Any
    newest: int
    position: Position


class Announced(NamedTuple):
    """What is told: of a type, and with a number where it is one of those that are counted."""

    type: str
    payload: Any
    number: int | None = None


class Teller(Protocol):
    """An aggregate that tells things by numbers, from 1 and without gaps."""

    aggregate_id: str

    async def look(self) -> Look:
        """How it stands, as far at least as this process has heard of it.

        So it is where the owner is asked whom this process knows: whoever has taken the shard since
        is heard of later, and all that he decides after that. Raises where nobody can say.
        """

    async def confirmed_newest(self) -> int:
        """The number of the newest, as who certainly knows it says."""

    async def since(self, number: int, limit: int, position: Position) -> Sequence[Announced]:
        """What comes after a number, in order, once it shows all up to a position.

        Raises where it cannot be looked up, or does not show that yet.
        """

    def numbered(self, event: DomainEvent) -> Announced | None:
        """What an event tells by number."""

    def others(self, event: DomainEvent) -> Sequence[Announced]:
        """What it tells beside."""

    def moved(self, state: Any, event: DomainEvent) -> Any:
        """The state once that has happened."""


class Arrivals:
    """What one reader was told of and has not taken yet; it never blocks who tells.

    There are as many of these as sockets: a future costs half of what an event and a timeout do.
    """

    def __init__(self) -> None:
        self._events: deque[Recorded] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self.is_lost = False
        """Whether something may be missing."""

    def hear(self, recorded: Recorded | None) -> None:
        """Keep an event; with None, or where too many wait, some are missing."""
        if recorded is None or len(self._events) == MOST_HEARD:
            self.lose()
        elif not self.is_lost:
            self._events.append(recorded)
            self._wake()

    def lose(self) -> None:
        """What has been heard does not lead on from what was told."""
        self._events.clear()
        self.is_lost = True
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def begin(self) -> None:
        """From here on nothing is missing that a look does not show."""
        self.is_lost = False

    @property
    def is_silent(self) -> bool:
        """Whether nothing waits."""
        return not self._events

    async def take(self, patience_s: float | None = None) -> Recorded | None:
        """The next, as soon as there is one; None where something may be missing, or it takes long.

        Without `patience_s`, nothing takes too long.
        """
        if self.is_silent and not self.is_lost:
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            timer = None if patience_s is None else loop.call_later(patience_s, self._wake)
            try:
                await self._waiter
            finally:
                if timer is not None:
                    timer.cancel()
        return None if self.is_lost or self.is_silent else self._events.popleft()


@asynccontextmanager
async def arriving(feed: Feed, aggregate_id: str) -> AsyncIterator[Arrivals]:
    """What happens to an aggregate within the block, by the one subscription of this process."""
    heard, feeds = Arrivals(), shared(feed)
    feeds.add(feed, aggregate_id, None, heard.hear)
    try:
        await asyncio.sleep(0)  # its task, which is first in turn, has begun to listen by then
        yield heard
    finally:
        feeds.remove(aggregate_id, None, heard.hear)


async def followed(
    heard: Arrivals,
    look: Callable[[], Awaitable[Look | None]],
    found: Look | None = None,
    patience: Callable[[], float | None] = lambda: None,
) -> AsyncGenerator[Look | Recorded]:
    """How something stands, and then what happens to it; that again wherever something is missing.

    It is also looked at again after a silence of `patience` seconds, and whenever its reader calls
    `heard.lose`. `found` is a look since `heard` began, for who has one; one that gives None
    changes nothing, and who raises is asked again. Guarantee: what comes after a look is what has
    happened after it, in order.
    """
    shown = Position("", 0, -1)
    while True:
        if found is None:
            heard.begin()
            found = await _looked_at(look)
        if found is not None:
            shown = found.position
            yield found
        found = None
        while (recorded := await heard.take(patience())) is not None:
            topic, _, seq = recorded.position
            if topic == shown.topic and seq > shown.seq:
                yield recorded


async def _looked_at(look: Callable[[], Awaitable[Look | None]]) -> Look | None:
    """How something stands, as soon as somebody can say."""
    pause = FIRST_PAUSE_S
    while True:
        try:
            return await look()
        except Exception as error:  # noqa: BLE001 - whoever decides is away, and asked again
            logger.warning("cannot look how something stands", error=repr(error))
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


def cursor_in(headers: Mapping[bytes, bytes], query: bytes) -> int | None:
    """The number of the last that somebody has seen, or None for who wants only what comes.

    Raises `Problem` 400 for what is no number. The header counts: it is from who comes back, with
    the address that they came by first.
    """
    asked = parse_qs(query, keep_blank_values=True).get(PARAMETER, [b""])[0]
    text = (headers.get(HEADER) or asked).decode("latin-1")
    if not text:
        return None
    if not NUMBER.fullmatch(text) or int(text) > LARGEST_CURSOR:
        raise bad_request(
            "invalid-last-event-id",
            f"{text[:40]!r} is no Last-Event-ID; it is the number of the last entry that was seen.",
        )
    return int(text)


def ahead(cursor: int, newest: int) -> Problem:
    """Somebody has seen what is not there."""
    detail = f"Last-Event-ID {cursor} is ahead of what there is, up to {newest}; begin without it."
    return Problem(422, "cursor-ahead", detail)


@asynccontextmanager
async def resumed(
    feed: Feed, teller: Teller, cursor: int | None
) -> AsyncIterator[AsyncGenerator[Announced]]:
    """What an aggregate tells from a cursor on, or from now on with None, as long as it is read.

    The state is told first, and again after what changes it. Guarantee: the numbers that are told
    are those behind the cursor, in order, each once, for as long as somebody reads. Where that is
    too slow, or a subscription is cut, they come from the read model; a reader is waited for.

    The first piece raises what a look does, and `Problem` 422 for a cursor that is ahead.
    """
    async with (
        arriving(feed, teller.aggregate_id) as heard,
        aclosing(_pieces(heard, teller, cursor)) as pieces,
    ):
        yield pieces


async def _pieces(heard: Arrivals, teller: Teller, cursor: int | None) -> AsyncGenerator[Announced]:
    look = await teller.look()
    state, told = look.state, look.newest if cursor is None else cursor
    await _require(teller, look, told)

    async with aclosing(followed(heard, lambda: _no_older(teller, told), look)) as pieces:
        async for piece in pieces:
            if isinstance(piece, Look):
                state = piece.state
                yield Announced("state", state)
                async with aclosing(_behind(teller, told, piece)) as behind:
                    async for missed in behind:
                        told += 1
                        yield missed
            elif (news := _news(teller, piece.event, told)) is None:
                heard.lose()
            else:
                for each in news:
                    told = each.number or told
                    yield each
                state = teller.moved(state, piece.event)
                if heard.is_silent:
                    yield Announced("state", state)


async def _require(teller: Teller, look: Look, cursor: int) -> None:
    """Raise `Problem` 422 for a cursor that is ahead, also of who certainly knows."""
    if cursor > look.newest and cursor > (newest := await teller.confirmed_newest()):
        raise ahead(cursor, newest)


async def _no_older(teller: Teller, told: int) -> Look:
    if (look := await teller.look()).newest < told:
        raise Unavailable(f"{told} has been told, and who was asked knows {look.newest}.")
    return look


def _news(teller: Teller, event: DomainEvent, told: int) -> Sequence[Announced] | None:
    """What an event tells; None where something that comes before it is missing."""
    piece = teller.numbered(event)
    number = told if piece is None else piece.number or told
    if number > told + 1:
        return None
    return [*([piece] if piece is not None and number > told else []), *teller.others(event)]


async def _behind(teller: Teller, told: int, look: Look) -> AsyncGenerator[Announced]:
    """What lies between the last that was told and the newest at a look."""
    pause = FIRST_PAUSE_S
    while told < look.newest:
        try:
            page = await teller.since(told, PAGE_ENTRIES, look.position)
        except Exception as error:  # noqa: BLE001 - whoever shows it is away, and asked again
            logger.warning("cannot look up what somebody has missed", error=repr(error))
            page = ()
        before = told
        for piece in page:
            if piece.number != told + 1:
                break  # it is being built
            told += 1
            yield piece
        if told == before:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
