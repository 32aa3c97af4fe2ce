"""Lounges, as PostgreSQL has them, are those of the log."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from psycopg_pool import AsyncConnectionPool

from domain.categories import SOCIAL
from projections.lounges import LOUNGES
from projections.lounges.queries import LoungeQueries
from tests.conftest import Hall
from tests.http.fakes.log import FakeLog
from tests.http.fakes.lounges import FakeLounges
from tests.lounges.story import PEOPLE, ROOMS, tell_of_lounges
from tests.projections.conftest import Build
from tests.projections.living import live
from tests.projections.story import Narrator


@pytest.fixture
async def lounges(servers: Hall) -> AsyncIterator[LoungeQueries]:
    async with AsyncConnectionPool(servers.postgres, open=False) as pool:
        yield LoungeQueries(pool)


async def test_what_is_told_of_lounges_is_what_happened(
    read_model: Build, narrator: Narrator, lounges: LoungeQueries
) -> None:
    tell_of_lounges(narrator)
    live(read_model(LOUNGES.name))
    log = FakeLog()
    log.events[SOCIAL.topic], log.now = narrator.events, datetime.now(UTC)
    listed = FakeLounges(log)
    for room in (*ROOMS, "nowhere"):
        assert await lounges.lounge(room) == await listed.lounge(room)
        assert await lounges.people(room) == await listed.people(room)
        assert await lounges.entries(room, limit=3) == await listed.entries(room, limit=3)
        assert await lounges.standings(room) == await listed.standings(room)
    for user in (*PEOPLE, "olga"):
        assert await lounges.inside(user) == await listed.inside(user)
        assert await lounges.opened_by(user) == await listed.opened_by(user)
    for before in (None, *ROOMS, "nowhere"):
        page = await lounges.public(before=before, limit=2)
        assert page == await listed.public(before=before, limit=2)
