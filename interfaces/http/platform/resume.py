"""From a cursor on, and then live: what an aggregate tells by numbers, without a gap or a double.

However long somebody was away, and whichever process they come back to: first it subscribes, then
it looks how far the aggregate is, pages through what lies behind the cursor, and goes on with what
it has heard meanwhile. Whatever was missed, or does not follow, begins that anew.
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qs

import structlog

from application.ports.commands import Feed
from domain.events import DomainEvent, Position, Recorded
from interfaces.http.platform.problems import Problem, bad_request

MOST_HEARD = 256
"""Events that may wait for a reader who is slow, or still looks at what was before."""

PAGE_ENTRIES = 200
"""That are looked up at a time."""

FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 2.0
"""Seconds before somebody who could not say how things stand is asked again."""

RESUBSCRIBE_S = 0.5
"""Seconds before a subscription that was cut is begun anew."""

HEADER = b"last-event-id"
PARAMETER = b"last_event_id"
"""Where a cursor stands; the parameter is for who cannot send the header."""

NUMBER = re.compile(r"[0-9]{1,16}")
LARGEST_CURSOR = 2**53 - 1
"""Which programs in JavaScript can count to."""

logger = structlog.get_logger(__name__)


class Look(NamedTuple):
    """How an aggregate stands: its state, and the number of the newest thing that it has told.

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

    topic: str
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
    """What a subscription has told and nobody has taken yet; it never blocks who tells."""

    def __init__(self) -> None:
        self._events: deque[Recorded] = deque()
        self._news = asyncio.Event()
        self.is_lost = False
        """Whether something may be missing."""

    async def listen(self, feed: Feed, teller: Teller) -> None:
        """Keep what happens to an aggregate, until cancelled."""
        while True:
            async for recorded in feed.subscribe(teller.aggregate_id):
                if recorded.position.topic == teller.topic:
                    self._put(recorded)
            await asyncio.sleep(RESUBSCRIBE_S)  # it was cut, for being behind
            self._lose()  # and is begun anew before anybody can look

    def _put(self, recorded: Recorded) -> None:
        if len(self._events) == MOST_HEARD:
            self._lose()
        elif not self.is_lost:
            self._events.append(recorded)
            self._news.set()

    def _lose(self) -> None:
        self._events.clear()
        self.is_lost = True
        self._news.set()

    def begin(self) -> None:
        """From here on nothing is missing that a look does not show."""
        self.is_lost = False

    @property
    def is_silent(self) -> bool:
        """Whether nothing waits."""
        return not self._events

    async def take(self) -> Recorded | None:
        """The next, as soon as there is one; None where something may be missing."""
        while self.is_silent and not self.is_lost:
            self._news.clear()
            await self._news.wait()
        return None if self.is_lost else self._events.popleft()


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
    heard = Arrivals()
    # It subscribes as soon as anybody waits for anything, before which nothing happens.
    listening = asyncio.create_task(heard.listen(feed, teller))
    try:
        async with aclosing(_pieces(heard, teller, cursor)) as pieces:
            yield pieces
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def _pieces(heard: Arrivals, teller: Teller, cursor: int | None) -> AsyncGenerator[Announced]:
    look = await teller.look()
    if cursor is None:
        cursor = look.newest
    elif cursor > look.newest and cursor > (newest := await teller.confirmed_newest()):
        raise ahead(cursor, newest)
    while True:
        yield Announced("state", look.state)
        async with aclosing(_behind(teller, cursor, look)) as behind:
            async for piece in behind:
                cursor = piece.number or cursor
                yield piece
        async with aclosing(_live(heard, teller, cursor, look)) as live:
            async for piece in live:
                cursor = piece.number or cursor
                yield piece
        heard.begin()
        look = await _look_again(teller, cursor)


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


async def _live(
    heard: Arrivals, teller: Teller, told: int, look: Look
) -> AsyncGenerator[Announced]:
    """What happens after a look, until something is missing."""
    state = look.state
    while (recorded := await heard.take()) is not None:
        if recorded.position.seq <= look.position.seq:
            continue
        piece = teller.numbered(recorded.event)
        if piece is not None and piece.number == told + 1:
            told += 1
            yield piece
        elif piece is not None and (piece.number or 0) > told:
            return
        for other in teller.others(recorded.event):
            yield other
        state = teller.moved(state, recorded.event)
        if heard.is_silent:
            yield Announced("state", state)


async def _look_again(teller: Teller, told: int) -> Look:
    """How it stands, as soon as somebody can say who is no older than what was told."""
    pause = FIRST_PAUSE_S
    while True:
        try:
            look = await teller.look()
        except Exception as error:  # noqa: BLE001 - whoever decides is away, and asked again
            logger.warning("cannot look how something stands", error=repr(error))
        else:
            if look.newest >= told:
                return look
        await asyncio.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)
