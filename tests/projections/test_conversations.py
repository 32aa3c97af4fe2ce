"""What people see of conversations in PostgreSQL is what follows from the events."""

from itertools import product

from psycopg_pool import AsyncConnectionPool

from domain.categories import SOCIAL
from domain.conversations.names import id_of_two
from projections.conversations.queries import ConversationQueries
from tests.conftest import Hall
from tests.conversations.stories import tell_of_conversations
from tests.http.fakes.conversations import FakeConversations
from tests.http.fakes.log import FakeLog
from tests.projections.conftest import Build
from tests.projections.living import is_true, live
from tests.projections.story import Narrator

PEOPLE = ("ada", "talker-0", "talker-1", "talker-2", "talker-3", "nobody")
HIDDEN: tuple[list[str], ...] = ([], ["ada"], ["talker-0", "talker-1"])
IDS = (id_of_two("ada", "talker-0"), id_of_two("ada", "talker-1"), f"{1:032x}", f"{9:032x}")


async def test_everybody_sees_what_follows_from_the_events(
    servers: Hall, read_model: Build, narrator: Narrator
) -> None:
    tell_of_conversations(narrator)
    model = live(read_model("conversations"))
    log = FakeLog()
    log.events[SOCIAL.topic] = narrator.events
    listed = FakeConversations(log)
    async with AsyncConnectionPool(servers.postgres, open=False) as pool:
        told = ConversationQueries(pool)
        for user, hidden, limit in product(PEOPLE, HIDDEN, (1, 2, 100)):
            before: str | None = None
            while True:
                pages = [
                    await each.mine(user, hidden=hidden, before=before, limit=limit)
                    for each in (told, listed)
                ]
                assert pages[0] == pages[1], (user, hidden, before)
                if (before := pages[0].before) is None:
                    break
        for user, hidden, id in product(PEOPLE, HIDDEN, IDS):
            for asked in ({}, {"before": 3}, {"after": 0}, {"after": 2}):
                for limit in (2, 100):
                    shown = [
                        await each.said(user, id, hidden=hidden, limit=limit, **asked)
                        for each in (told, listed)
                    ]
                    assert shown[0] == shown[1], (user, hidden, id, asked, limit)
        for user in PEOPLE:
            assert await told.groups_of(user) == await listed.groups_of(user)
    assert is_true(model)
