"""From a cursor on, and then live: whatever happens on the way, each number is told once."""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from application.ports.commands import Unavailable
from domain.events import DomainEvent, Metadata, Position, Recorded
from domain.feed.events import EntriesArchived, EntriesSeen, EntryAdded
from interfaces.http.platform import resume
from interfaces.http.platform.problems import Problem
from interfaces.http.platform.resume import Announced, Look, arriving, cursor_in, followed, resumed
from tests.given import T0
from tests.http.fakes.feed import FakeFeed
from tests.http.sockets.virtual_time import VirtualTime

TOPIC = "person-log"
MOVES = (
    *("add", "add", "add", "see", "other", "hear", "drop"),
    *("cut", "away", "back", "build", "freeze", "thaw"),
)
"""What may happen at any moment."""


def run_in_virtual_time(story: Coroutine[Any, Any, None]) -> None:
    loop = VirtualTime()
    try:
        loop.run_until_complete(story)
    finally:
        loop.close()


class Log:
    """A feed that grows, a process that hears of it when it likes, and a read model behind it."""

    topic, aggregate_id = TOPIC, "ada"

    def __init__(self) -> None:
        self.events: list[Recorded] = []
        self.feed = FakeFeed()
        self.newest = self.shown = self.seen = 0
        self.is_away = False
        self.is_frozen = False
        """Whether a former owner answers, whom this process has not heard of as such."""

    def happen(self, move: str, random: Random) -> None:
        match move:
            case "away" | "back":
                self.is_away = move == "away"
            case "freeze" | "thaw":
                self.is_frozen = move == "freeze"
            case "build":
                self.shown = random.randint(0, len(self.events))
            case _:
                self._happen(move, random)

    def _happen(self, move: str, random: Random) -> None:
        match move:
            case "add":
                self.newest += 1
                self.publish(entry(self.newest))
            case "see":
                self.seen = self.newest
                self.publish(EntriesSeen(**common(), up_to=self.newest))
            case "other":
                self.publish(EntriesArchived(**common(), numbers=[]))
            case "hear":
                self.feed.lags = random.random() < 0.7
                self.feed.catch_up(random.randint(0, 5))
            case "drop":
                self.newest += 1  # and this process never hears of it
                self.events.append(Recorded(entry(self.newest), self.end, "x", Metadata()))
            case "cut":
                self.feed.cut("ada")

    def publish(self, event: DomainEvent) -> None:
        recorded = Recorded(event, self.end, "command", Metadata())
        self.events.append(recorded)
        self.feed.publish(recorded)

    @property
    def end(self) -> Position:
        return Position(TOPIC, 0, len(self.events))

    def calm(self) -> None:
        """All that could be away is back, and as far as the log is."""
        self.is_away, self.is_frozen, self.feed.lags = False, False, False
        self.shown = len(self.events)
        self.feed.catch_up()

    # -- as a source ----------------------------------------------------------------------------

    async def look(self) -> Look:
        await asyncio.sleep(0.01)
        if self.is_away:
            raise Unavailable("Kafka is away.")
        known = len(self.events) - (len(self.feed.late) if self.is_frozen else 0)
        return self.stands(self.events[:known])

    def stands(self, known: Sequence[Recorded]) -> Look:
        state = {"newest": 0, "seen": 0}
        for recorded in known:
            state = self.moved(state, recorded.event)
        return Look(state, state["newest"], Position(TOPIC, 0, len(known) - 1))

    async def confirmed_newest(self) -> int:
        return self.newest

    async def since(self, number: int, limit: int, position: Position) -> Sequence[Announced]:
        await asyncio.sleep(0.01)
        if self.is_away or position.seq >= self.shown:
            raise TimeoutError("It is behind.")
        shown = [each.event for each in self.events[: self.shown]]
        entries = [each for each in shown if isinstance(each, EntryAdded) and each.number > number]
        return [told(each) for each in entries[:limit]]

    def numbered(self, event: DomainEvent) -> Announced | None:
        return told(event) if isinstance(event, EntryAdded) else None

    def others(self, event: DomainEvent) -> Sequence[Announced]:
        return [Announced("seen", event.up_to)] if isinstance(event, EntriesSeen) else []

    def moved(self, state: Any, event: DomainEvent) -> Any:
        match event:
            case EntryAdded(number=number):
                return {**state, "newest": number}
            case EntriesSeen(up_to=up_to):
                return {**state, "seen": up_to}
        return state


def common() -> dict[str, Any]:
    return {
        "originator_id": "ada",
        "originator_version": 1,
        "timestamp": T0 + timedelta(seconds=1),
    }


def entry(number: int) -> EntryAdded:
    source = f"game-log/0@{number}"
    return EntryAdded(**common(), number=number, kind="game-found", about="game", source=source)


def told(event: EntryAdded) -> Announced:
    return Announced("entry", event.number, event.number)


class Reader:
    """Somebody who reads, with breaks, and keeps what they were told."""

    def __init__(self, log: Log, cursor: int | None) -> None:
        self.log = log
        self.cursor = cursor
        self.numbers: list[int] = []
        self.state: Any = None

    async def read(self) -> None:
        """Read until cancelled, and come back with the last number after every break."""
        while True:
            self.state = None
            try:
                async with resumed(self.log.feed, self.log, self.cursor) as pieces:
                    async for piece in pieces:
                        self.take(piece)
            except Unavailable:
                await asyncio.sleep(0.1)

    def take(self, piece: Announced) -> None:
        if piece.number is not None:
            self.numbers.append(piece.number)
            self.cursor = piece.number
        elif piece.type == "state":
            assert self.state is None or piece.payload["newest"] >= self.state["newest"]
            assert self.state is None or piece.payload["seen"] >= self.state["seen"]
            self.state = piece.payload


async def told_of(seed: int, moves: Sequence[str], cursor: int) -> None:
    log, random = Log(), Random(seed)
    for _ in range(cursor + random.randint(0, 5)):
        log.happen("add", random)
    reader = Reader(log, cursor)
    reading = asyncio.create_task(reader.read())
    for move in moves:
        if random.random() < 0.1:  # it comes back with what it has seen
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
            reading = asyncio.create_task(reader.read())
        log.happen(move, random)
        await asyncio.sleep(random.choice([0, 0, 0.01, 0.05, 1]))
    log.calm()
    log.happen("add", random)  # by which they notice that something is missing
    log.calm()
    await asyncio.sleep(20)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert reader.numbers == [*range(cursor + 1, log.newest + 1)]
    assert reader.state == {"newest": log.newest, "seen": log.seen}


MANY_MOVES = st.lists(st.sampled_from(MOVES), min_size=20, max_size=60)


@settings(max_examples=200)
@for_all(st.integers(0, 2**32), MANY_MOVES, st.integers(0, 4))
def test_each_number_is_told_once_in_order(seed: int, moves: list[str], cursor: int) -> None:
    run_in_virtual_time(told_of(seed, moves, cursor))


def test_a_reader_who_is_slow_gets_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resume, "MOST_HEARD", 3)

    async def slowly() -> None:
        log = Log()
        async with resumed(log.feed, log, 0) as pieces:
            assert (await anext(pieces)).type == "state"
            for _ in range(50):
                log.happen("add", Random(0))
            log.calm()
            numbers: list[int] = []
            while len(numbers) < 50:
                piece = await anext(pieces)
                if piece.number is not None:
                    numbers.append(piece.number)
            assert numbers == [*range(1, 51)]

    run_in_virtual_time(slowly())


def test_who_is_ahead_of_all_there_is_is_told_so() -> None:
    async def ahead() -> None:
        log = Log()
        log.happen("add", Random(0))
        async with resumed(log.feed, log, 2) as pieces:
            with pytest.raises(Problem, match="ahead of what there is, up to 1"):
                await anext(pieces)

    run_in_virtual_time(ahead())


def test_who_brings_no_cursor_is_told_what_comes() -> None:
    async def new() -> None:
        log = Log()
        log.happen("add", Random(0))
        async with resumed(log.feed, log, None) as pieces:
            assert (await anext(pieces)).payload == {"newest": 1, "seen": 0}
            log.happen("add", Random(0))
            assert (await anext(pieces)).number == 2

    run_in_virtual_time(new())


def test_what_happens_while_a_subscription_begins_is_not_missed() -> None:
    async def begin() -> None:
        log = Log()

        async def look() -> Look:
            return log.stands(log.events)

        asyncio.get_running_loop().call_soon(log.happen, "add", Random(0))
        async with arriving(log.feed, "ada") as heard:
            found = await anext(followed(heard, look))
            assert isinstance(found, Look)
            assert found.newest == 1

    run_in_virtual_time(begin())


@pytest.mark.parametrize("text", ["-1", "1.0", "abc", "\u0661", "9" * 17, str(2**53), "1 ", "+1"])
def test_a_cursor_is_a_number(text: str) -> None:
    with pytest.raises(Problem, match="is no Last-Event-ID"):
        cursor_in({b"last-event-id": text.encode()}, b"")


def test_the_header_counts_before_the_address() -> None:
    assert cursor_in({}, b"") is None
    assert cursor_in({}, b"last_event_id=") is None
    assert cursor_in({}, b"last_event_id=3") == 3
    assert cursor_in({b"last-event-id": b"7"}, b"last_event_id=3") == 7
