"""Pages of a feed, as PostgreSQL has them, are those of a list of its entries."""

from itertools import product
from typing import Any

from psycopg_pool import AsyncConnectionPool

from domain.categories import PEOPLE
from projections.feed.feed_entries import FeedQueries
from tests.conftest import Hall
from tests.http.fakes.feeds import FakeFeeds
from tests.http.fakes.log import FakeLog
from tests.projections.conftest import Build
from tests.projections.living import live
from tests.projections.stories import tell_of_feeds
from tests.projections.story import Narrator

USER = "user-2"

CHOICES: dict[str, tuple[Any, ...]] = {
    "kind": (None, "your-move", "nothing"),
    "unread": (False, True),
    "archived": (None, False, True),
    "before": (None, 1, 4),
    "limit": (1, 3, 100),
}


async def test_pages_show_what_was_told_read_and_put_away(
    servers: Hall, read_model: Build, narrator: Narrator
) -> None:
    tell_of_feeds(narrator)
    live(read_model("feed-entries"))
    log = FakeLog()
    log.events[PEOPLE.topic] = narrator.events
    listed = FakeFeeds(log)
    async with AsyncConnectionPool(servers.postgres, open=False) as pool:
        feeds = FeedQueries(pool)
        for chosen in product(*CHOICES.values()):
            asked = dict(zip(CHOICES, chosen, strict=True))
            assert await feeds.page(USER, **asked) == await listed.page(USER, **asked), asked
            asked["after"] = asked.pop("before") or 0
            assert await feeds.page(USER, **asked) == await listed.page(USER, **asked), asked
        assert await feeds.since(USER, 3, 4) == await listed.since(USER, 3, 4)
        assert [each.number for each in await feeds.since(USER, 3, 4)] == [4, 5, 6, 7]
