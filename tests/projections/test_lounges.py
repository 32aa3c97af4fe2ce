"""Lounges, as PostgreSQL has them, are those of the log."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool

from domain.aggregate import Command
from domain.categories import SOCIAL
from domain.lounges.commands import (
    LONGEST_SECONDS,
    BanPerson,
    JoinLounge,
    LeaveLounge,
    OpenLounge,
    SettleTile,
    UnbanPerson,
)
from projections.lounges import LOUNGES
from projections.lounges.queries import LoungeQueries
from tests.conftest import Hall
from tests.given import at
from tests.http.fakes.log import FakeLog
from tests.http.fakes.lounges import FakeLounges
from tests.lounges.story import PEOPLE, ROOMS, tell_of_lounges
from tests.projections.conftest import Build
from tests.projections.living import live
from tests.projections.story import Narrator

EVES = "room-of-eve"


def steps_of_eve() -> Iterator[Command]:
    """What is written step by step, so that none stands beside what it rests on."""
    eve: dict[str, Any] = {"room_id": EVES, "user_id": "eve"}
    yield OpenLounge(**eve, capacity=1, access="public", plan="00")
    for _ in range(2):
        yield JoinLounge(**eve)
        yield SettleTile(**eve, since=at(9), x=1, y=0)
        yield BanPerson(room_id=EVES, user_id="eve", other_id="bob", seconds=LONGEST_SECONDS)
        yield LeaveLounge(**eve)
    yield UnbanPerson(room_id=EVES, user_id="eve", other_id="bob")


@pytest.fixture
async def lounges(servers: Hall) -> AsyncIterator[LoungeQueries]:
    async with AsyncConnectionPool(servers.postgres, open=False) as pool:
        yield LoungeQueries(pool)


async def test_what_is_told_of_lounges_is_what_happened(
    read_model: Build, narrator: Narrator, lounges: LoungeQueries
) -> None:
    tell_of_lounges(narrator)
    live(read_model(LOUNGES.name))
    for step in steps_of_eve():
        narrator.tell(step, now=at(9))
        live(read_model(LOUNGES.name))
    log = FakeLog()
    log.events[SOCIAL.topic], log.now = narrator.events, datetime.now(UTC)
    listed = FakeLounges(log)
    for room in (*ROOMS, EVES, "nowhere"):
        assert await lounges.lounge(room) == await listed.lounge(room)
        assert await lounges.people(room) == await listed.people(room)
        assert await lounges.entries(room, limit=3) == await listed.entries(room, limit=3)
        assert await lounges.standings(room) == await listed.standings(room)
    for user in (*PEOPLE, "olga", "eve"):
        assert await lounges.inside(user) == await listed.inside(user)
        assert await lounges.opened_by(user) == await listed.opened_by(user)
    for before in (None, *ROOMS, "nowhere"):
        page = await lounges.public(before=before, limit=2)
        assert page == await listed.public(before=before, limit=2)
