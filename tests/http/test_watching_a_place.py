"""What who waits in line is told never goes back, and is so in the end, whatever is missed."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from random import Random
from types import SimpleNamespace
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from application.waitroom.presence import Sightings
from domain.events import DomainEvent, Metadata, Position, Recorded
from domain.waitroom.events import CheckoutExtended, SessionAdmitted, WaitroomLeft
from interfaces.http.platform.channel import Channel
from interfaces.http.platform.services import Services
from interfaces.http.waitroom import socket
from interfaces.http.waitroom.room_feeds import RoomFeeds
from interfaces.http.waitroom.room_places import RoomPlaces
from interfaces.http.waitroom.socket import QueueState, SessionWatch
from projections.projection import ReadModelMissing
from projections.waitroom.queue import QueuePlace
from tests.given import T0
from tests.http.fakes.feed import FakeFeed
from tests.http.sockets.virtual_time import VirtualTime

ROOM, SESSION = "concert", "session"
OPERATIONS = (
    *("move", "move", "admit", "extend", "leave", "hear", "hear", "show", "show"),
    *("cut", "away", "back", "break"),
)
"""What may happen at any moment."""

QUIET_S = 20.0
SCHEDULES = 200
"""Tried, always the same ones; whatever is taken away is missed within some of them."""


class Wrong(AssertionError):
    """Somebody is told what they should not be, or not what they should."""


class Line:
    """One session, from its place in line to its end, and a read model that is behind."""

    def __init__(self) -> None:
        self.feed = FakeFeed()
        self.states = [place("waiting", 9)]
        self.shown = 0
        self.is_away = False

    @property
    def last(self) -> QueuePlace:
        return self.states[-1]

    def move(self) -> None:
        if self.last.position > 1:
            self.states.append(place("waiting", self.last.position - 1))

    def admit(self) -> None:
        if self.last.status == "waiting":
            deadline = T0 + timedelta(seconds=60)
            self._happen(place("ready", 0, 60), SessionAdmitted, deadline=deadline)

    def extend(self) -> None:
        if self.last.deadline is not None:
            deadline = self.last.deadline + timedelta(seconds=60)
            seconds = (deadline - T0).total_seconds()
            self._happen(place("ready", 0, seconds), CheckoutExtended, deadline=deadline, by="o")

    def leave(self) -> None:
        if self.last.status in ("waiting", "ready"):
            self._happen(place("left", 0), WaitroomLeft)

    def _happen(self, then: QueuePlace, event: Callable[..., DomainEvent], **facts: Any) -> None:
        self.states.append(then)
        common = {"originator_id": ROOM, "originator_version": 1, "timestamp": T0}
        happened = event(**common, session_id=SESSION, user_id="ann", **facts)
        position = Position("waitroom-log", 0, len(self.states))
        self.feed.publish(Recorded(happened, position, "command", Metadata()))

    # -- as the read model ----------------------------------------------------------------------

    async def session(self, _session_id: str) -> QueuePlace | None:
        await asyncio.sleep(0.01)
        if self.is_away:
            raise ReadModelMissing("The read model 'waitroom' is being built.")
        return self.states[self.shown]

    async def places(self, _event_id: str, sessions: Sequence[str]) -> list[int]:
        found = await self.session(SESSION)
        assert found is not None
        return [found.position for _ in sessions]


def place(status: Any, position: int, seconds: float | None = None) -> QueuePlace:
    return QueuePlace(
        session_id=SESSION,
        event_id=ROOM,
        user_id="ann",
        status=status,
        priority=0,
        ticket=1,
        position=position,
        people_ahead=max(0, position - 1),
        joined_at=T0,
        deadline=None if seconds is None else T0 + timedelta(seconds=seconds),
    )


class Page:
    """Who waits, at one socket after the other: keeps what the last one has told."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._parts = {RoomFeeds: RoomFeeds(), RoomPlaces: RoomPlaces(), Sightings: Sightings()}
        self.state: QueueState | None = None
        self.is_closed = False
        self._watching: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def come(self) -> None:
        """Open a socket, in place of the one before."""
        await self.leave()
        self.state, self.is_closed = None, False
        services = SimpleNamespace(
            feed=self._line.feed, queries=lambda _: self._line, part=self._parts.__getitem__
        )
        found = self._line.states[self._line.shown]
        watch = SessionWatch(cast("Channel", self), cast("Services", services), found)
        self._watching = asyncio.ensure_future(watch.follow())

    async def leave(self) -> None:
        self._watching.cancel()
        await asyncio.gather(self._watching, return_exceptions=True)

    def push(self, type: str, state: QueueState) -> None:
        """`Channel.push`."""
        if self.is_closed or (self.state is not None and age(state) < age(self.state)):
            raise Wrong(f"{state} is told after {self.state}.")
        if state == self.state:
            raise Wrong(f"{state} is told twice.")
        self.state = state

    def close(self, _code: int, _reason: str) -> None:
        """`Channel.close`."""
        self.is_closed = True


def age(state: QueueState) -> tuple[int, float]:
    if state.status in ("waiting", "ready"):
        return int(state.status == "ready"), state.deadline.timestamp() if state.deadline else 0
    return 2, 0


async def told_of(number: int, operations: Sequence[str]) -> None:
    random, line = Random(number), Line()
    page = Page(line)
    await page.come()
    for operation in operations:
        await happen(operation, line, page, random)
        await asyncio.sleep(random.choice([0, 0, 0.01, 0.05, 1, 3]))
    line.is_away, line.feed.lags, line.shown = False, False, len(line.states) - 1
    line.feed.catch_up()
    await asyncio.sleep(QUIET_S)
    lie = page._watching.exception() if page._watching.done() else None
    await page.leave()
    await asyncio.sleep(QUIET_S)
    if lie is not None:
        raise lie
    if page.state != msgspec.convert(line.last, QueueState, from_attributes=True):
        raise Wrong(f"{page.state} is told last of {line.last}.")
    assert page.is_closed == (line.last.status == "left")


async def happen(operation: str, line: Line, page: Page, random: Random) -> None:
    match operation:
        case "hear":
            line.feed.lags = random.random() < 0.7
            line.feed.catch_up(random.randint(0, 2))
        case "show":
            line.shown = random.randint(line.shown, len(line.states) - 1)
        case "cut":
            line.feed.cut(ROOM)
        case "away" | "back":
            line.is_away = operation == "away"
        case "break":
            await page.come()
        case _:
            getattr(line, operation)()


def run_in_virtual_time(number: int, operations: Sequence[str]) -> None:
    loop = VirtualTime()
    try:
        loop.run_until_complete(told_of(number, operations))
    finally:
        loop.close()


MANY = st.lists(st.sampled_from(OPERATIONS), min_size=10, max_size=40)


@settings(max_examples=150)
@for_all(st.integers(0, 2**32), MANY)
def test_a_place_never_goes_back_and_is_so_in_the_end(number: int, operations: list[str]) -> None:
    run_in_virtual_time(number, operations)


def try_many() -> None:
    for number in range(SCHEDULES):
        random = Random(number)
        run_in_virtual_time(number, random.choices(OPERATIONS, k=random.randint(10, 40)))


async def nothing(_: SessionWatch) -> None:
    pass


TAKEN_AWAY: dict[str, tuple[Any, str, Any]] = {
    "what is older is told no more": (socket, "_order", lambda _: (0, 0)),
    "it is looked at now and then": (SessionWatch, "_look", nothing),
}
"""What that rests on, each with where it is done, and what is done without it."""


@pytest.mark.no_cover
@pytest.mark.parametrize("rule", TAKEN_AWAY)
def test_some_schedule_shows_the_lie_without_the_rule_that(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*TAKEN_AWAY[rule])
    with pytest.raises(Wrong):
        try_many()
