"""What operators see of rooms, and what is left of one that is archived."""

from collections.abc import AsyncIterator, Callable, Iterator

import pytest
from redis.asyncio import Redis

from domain.aggregate import Command
from domain.waitroom import operated
from domain.waitroom.commands import (
    CompleteCheckout,
    JoinWaitroom,
    LeaveWaitroom,
    OpenWaitroom,
    TendWaitroom,
)
from domain.waitroom.description import Appearance
from domain.waitroom.orders import CloseWaitroom, ExtendCheckout
from infra.subjects.keyring import Keyring
from projections.projection import InvalidCursor
from projections.waitroom import rooms
from projections.waitroom.queue import QueueOverview
from projections.waitroom.rooms import RoomQueries
from tests.conftest import Hall
from tests.given import T0, at
from tests.projections.conftest import Build
from tests.projections.living import is_true, live, outcome, quietly
from tests.projections.stories import tell_of_orders, tell_of_rooms
from tests.projections.story import Narrator


@pytest.fixture
async def redis(empty: Hall) -> AsyncIterator[Redis]:
    async with Redis.from_url(empty.redis, decode_responses=True) as client:
        yield client


@pytest.fixture
def queries(redis: Redis) -> RoomQueries:
    return RoomQueries(redis, Keyring().open)


async def test_a_room_shows_what_operators_did(
    read_model: Build, narrator: Narrator, queries: RoomQueries
) -> None:
    tell_of_orders(narrator)
    live(read_model("waitroom"))

    assert await queries.overview("ordered") == QueueOverview(
        event_id="ordered",
        status="closed",
        paused=False,
        capacity=2,
        checkout_seconds=60,
        joined=9,
        waiting=0,
        ready=2,
        completed=1,
        late=1,
        removed=1,
        dismissed=5,
    )
    extended, late = await queries.session("ordered-4"), await queries.session("ordered-0")
    assert extended is not None
    assert late is not None
    assert (extended.status, extended.deadline) == ("ready", at(360))
    assert (late.status, late.deadline) == ("completed", None)
    assert await queries.appearance("ordered") == Appearance(title="The concert")
    assert await queries.appearance("nowhere") is None


async def test_rooms_are_listed_by_name_page_by_page(
    read_model: Build, narrator: Narrator, queries: RoomQueries
) -> None:
    tell_of_orders(narrator)
    tell_of_rooms(narrator, rooms=3, guests=5)
    live(read_model("waitroom"))

    async def names(**asked: object) -> list[str]:
        listed, after = [], None
        while True:
            page = await queries.rooms(after=after, limit=2, **asked)  # type: ignore[arg-type]
            listed += [room.event_id for room in page.rooms]
            if (after := page.after) is None:
                return listed

    assert await names() == ["concert-0", "concert-1", "concert-2", "ordered"]
    assert await names(status="closed") == ["ordered"]
    assert await names(status="open", paused=False) == ["concert-0", "concert-1", "concert-2"]
    assert await names(paused=True) == []
    assert await names(prefix="concert-") == ["concert-0", "concert-1", "concert-2"]
    assert await names(prefix="x") == []


async def test_sessions_are_listed_and_found_page_by_page(
    read_model: Build, narrator: Narrator, queries: RoomQueries
) -> None:
    tell_of_rooms(narrator, rooms=2, guests=20)
    live(read_model("waitroom"))

    async def listed(**asked: object) -> list[str]:
        found, after = [], None
        while True:
            page = await queries.sessions("concert-0", after=after, limit=3, **asked)  # type: ignore[arg-type]
            assert page is not None
            found += [session.session_id for session in page.sessions]
            if (after := page.after) is None:
                return found

    def sessions(*guests: int) -> list[str]:
        return [f"concert-0-{guest}" for guest in guests]

    assert await listed() == sessions(*range(20))
    waiting = await listed(status="waiting")
    places = [await queries.session(session) for session in waiting]
    assert [place.position for place in places if place] == list(range(1, 12))
    assert len(await listed(status="ready")) == 4
    assert await listed(status="completed") == sessions(0)
    assert await listed(status="left") == sessions(3, 19)
    assert await listed(user_id="user-7") == sessions(7)
    assert await listed(user_id="nobody") == []
    assert await queries.sessions("nowhere") is None
    for cursor in ("x", "1", "x/y", "1/"):
        with pytest.raises(InvalidCursor):
            await queries.sessions("concert-0", after=cursor)


async def test_a_page_goes_on_where_it_was_though_who_was_there_has_gone(
    read_model: Build, narrator: Narrator, queries: RoomQueries
) -> None:
    narrator.tell(OpenWaitroom(event_id="r", capacity=1, checkout_seconds=60))
    for guest in range(6):
        join = JoinWaitroom(event_id="r", user_id=f"u{guest}", session_id=f"s{guest}")
        narrator.tell(join, now=at(guest))
    live(read_model("waitroom"))
    first = await queries.sessions("r", status="waiting", limit=2)
    assert first is not None
    assert [session.session_id for session in first.sessions] == ["s1", "s2"]
    narrator.tell(
        *(LeaveWaitroom(event_id="r", session_id=f"s{guest}") for guest in (0, 2)), now=at(9)
    )
    live(read_model("waitroom"))

    second = await queries.sessions("r", status="waiting", limit=9, after=first.after)
    assert second is not None
    assert [session.session_id for session in second.sessions] == ["s3", "s4", "s5"]


def _nothing(session: str) -> Iterator[Command]:
    yield from ()


def _they_pay(session: str) -> Iterator[Command]:
    yield CompleteCheckout(event_id="r", session_id=session)


def _they_get_more_time(session: str) -> Iterator[Command]:
    yield ExtendCheckout(event_id="r", by="olga", session_id=session, seconds=60)


@pytest.mark.parametrize("meanwhile", [_nothing, _they_pay, _they_get_more_time])
async def test_of_many_with_one_deadline_each_is_listed_once(
    meanwhile: Callable[[str], Iterator[Command]],
    read_model: Build,
    narrator: Narrator,
    queries: RoomQueries,
) -> None:
    narrator.tell(OpenWaitroom(event_id="r", capacity=300, checkout_seconds=60))
    sessions = [f"session-{guest}" for guest in range(300)]
    for session in sessions:
        narrator.tell(JoinWaitroom(event_id="r", user_id=session, session_id=session))
    found: list[str] = []
    after, last_of_pages = None, []
    for _ in range(7):
        live(read_model("waitroom"))
        page = await queries.sessions("r", status="ready", after=after, limit=50)
        assert page is not None
        found += [session.session_id for session in page.sessions]
        if (after := page.after) is None:
            break
        last_of_pages.append(found[-1])
        narrator.tell(*meanwhile(found[-1]), now=at(1))

    assert after is None
    assert sorted(found[:300]) == sorted(sessions)
    # Whoever has more time is among the last ones now, and comes again.
    assert found[300:] == (sorted(last_of_pages) if meanwhile is _they_get_more_time else [])


async def test_a_long_search_goes_on_with_the_next_page(
    read_model: Build, narrator: Narrator, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = rooms.LIST_SESSIONS.replace(str(rooms.SCANNED_AT_ONCE), "4")
    monkeypatch.setattr(rooms, "LIST_SESSIONS", script)
    tell_of_rooms(narrator, rooms=1, guests=20)
    live(read_model("waitroom"))
    queries = RoomQueries(redis, Keyring().open)

    first = await queries.sessions("concert-0", status="left")
    assert first is not None
    assert [session.session_id for session in first.sessions] == ["concert-0-3"]
    second = await queries.sessions("concert-0", status="left", after=first.after)
    assert second is not None
    assert (second.sessions, second.after is None) == ([], False)


# -- minutes ---------------------------------------------------------------------------------------


async def test_minutes_count_what_happened_and_how_long_people_had_waited(
    read_model: Build, narrator: Narrator, queries: RoomQueries
) -> None:
    narrator.tell(OpenWaitroom(event_id="r", capacity=1, checkout_seconds=3_600))
    for guest in range(101):
        narrator.tell(JoinWaitroom(event_id="r", user_id=f"u{guest}", session_id=f"s{guest}"))
    for guest in range(100):
        done = CompleteCheckout(event_id="r", session_id=f"s{guest}")
        narrator.tell(done, now=at(120 + guest / 2))
    live(read_model("waitroom"))
    found = await queries.minutes("r")

    assert found is not None
    later, first = found.minutes
    assert (first.minute, first.joined, first.admitted, first.wait_p99) == (T0, 101, 1, 0)
    assert (later.minute, later.completed, later.admitted) == (at(120), 100, 100)
    assert later.wait_p50 is not None
    assert later.wait_p99 is not None
    assert 144.5 <= later.wait_p50 <= 1.1 * 144.5
    assert 169 <= later.wait_p99 <= 1.1 * 169
    assert later.wait_p90 is not None
    assert later.wait_p50 <= later.wait_p90 <= later.wait_p99
    assert await queries.minutes("nowhere") is None


async def test_minutes_are_kept_for_a_day(
    read_model: Build, narrator: Narrator, queries: RoomQueries
) -> None:
    narrator.tell(OpenWaitroom(event_id="r", capacity=1, checkout_seconds=60))
    for hour in (0, 1, 23, 24, 30):
        join = JoinWaitroom(event_id="r", user_id=f"u{hour}", session_id=f"s{hour}")
        narrator.tell(join, now=at(3_600 * hour))
    model = live(read_model("waitroom"))

    found = await queries.minutes("r", 1_440)
    assert found is not None
    assert [(m.minute - T0).total_seconds() / 3_600 for m in found.minutes] == [30, 24, 23]
    assert is_true(model)


# -- the archive -----------------------------------------------------------------------------------


async def test_nothing_is_left_of_a_room_that_is_archived(
    read_model: Build,
    narrator: Narrator,
    queries: RoomQueries,
    redis: Redis,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(operated, "ARCHIVED_AT_ONCE", 4)
    tell_of_rooms(narrator, rooms=1)
    live(read_model("waitroom"))
    before = await everything_in(redis)
    narrator.tell(OpenWaitroom(event_id="gone", capacity=10, checkout_seconds=60))
    for guest in range(10):
        session = f"gone-{guest}"
        narrator.tell(JoinWaitroom(event_id="gone", user_id=f"u{guest}", session_id=session))
        narrator.tell(LeaveWaitroom(event_id="gone", session_id=session), now=at(1))
    closing = CloseWaitroom(event_id="gone", by="olga", waiting="serve", keep_seconds=5)
    narrator.tell(closing, now=at(10))
    live(read_model("waitroom"))
    assert await queries.session("gone-0") is not None

    narrator.tell(TendWaitroom(event_id="gone"), now=at(15))
    model = live(read_model("waitroom"))
    assert [await queries.session(f"gone-{guest}") is None for guest in range(10)] == (
        [True] * 4 + [False] * 6
    )
    assert await queries.overview("gone") is not None
    assert is_true(model), "half archived, it is what the log says"

    for _ in range(2):
        narrator.tell(TendWaitroom(event_id="gone"), now=at(16))
    model = live(read_model("waitroom"))
    assert await everything_in(redis) == before
    assert await queries.overview("gone") is None
    assert outcome(model.rebuild(quietly)) == (True, 0)


async def everything_in(redis: Redis) -> set[str]:
    return {key async for key in redis.scan_iter()}
