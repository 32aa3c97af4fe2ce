"""Limits of conversations: what is just within each is taken, and no more than that."""

from typing import Any
from unittest.mock import patch
from uuid import uuid4

from domain.conversations import conversation
from tests.http.conftest import Api
from tests.http.limits import Limit
from tests.http.test_conversations import a_group, ask, done, opened, say
from tests.http.test_friends import befriend


async def characters_of_a_message(api: Api, limit: Limit) -> None:
    id, (most,) = await opened(api), limit.most
    longest = "🎮" * most
    await say(api, "ann", id, 1, longest)
    more = {"client_seq": 2, "text": longest + "!"}
    assert str((await ask(api, "ann", "POST", f"/{id}/messages", more)).status_code) == limit.beyond
    page = (await ask(api, "bob", "GET", f"/{id}/messages")).json()
    assert page["messages"][0]["text"] == longest


async def people_in_a_group(api: Api, limit: Limit) -> None:
    most, speakers = limit.most
    group = await a_group(api)
    for number in range(most):
        await befriend(api, "ann", f"user-{number}")
    for number in range(most - 1):
        await done(api, "ann", f"/{group}/members/user-{number}/add")
    assert await _added(api, group, most - 1) == limit.beyond
    await done(api, "user-0", f"/{group}/leave")
    with patch.object(conversation, "MOST_SPEAKERS", most):  # in place of so many friends
        assert speakers > most
        await say(api, "user-1", group, 1, "Hello.")
        await done(api, "user-1", f"/{group}/leave")
        assert await _added(api, group, most - 1) == "200"
        assert await _added(api, group, 0) == limit.beyond
        assert await _added(api, group, 1) == "200", "who has said something comes back"


async def _added(api: Api, group: str, number: int) -> str:
    added = await ask(api, "ann", "POST", f"/{group}/members/user-{number}/add")
    return str(added.status_code)


async def friends_at_once(api: Api, limit: Limit) -> None:
    (most,) = limit.most
    friends = [f"user-{number}" for number in range(most + 1)]
    for each in friends:
        await befriend(api, "ann", each)
    group: dict[str, Any] = {"conversation_id": uuid4().hex, "members": friends}
    assert str((await ask(api, "ann", "POST", "", group)).status_code) == limit.beyond
    await done(api, "ann", "", group | {"members": friends[:most]})


async def newest_messages(api: Api, limit: Limit) -> None:
    id, (most,) = await opened(api), limit.most
    for number in range(1, most + 2):
        await say(api, "ann", id, number, "Hello.")
    path = f"/{id}/messages/1/delete"
    assert str((await ask(api, "ann", "POST", path)).status_code) == limit.beyond
    await done(api, "ann", f"/{id}/messages/2/delete")
