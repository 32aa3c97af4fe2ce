"""A conversation as it goes on: from the last message that was seen, and then live."""

from contextlib import AbstractAsyncContextManager
from typing import Any

from interfaces.http.conversations.live import EVENTS_PATH, LEFT
from tests.http.conftest import Api, problem
from tests.http.stream_client import Stream, following
from tests.http.test_conversations import a_group, done, opened, say
from tests.http.test_friends import befriend


def follow(
    api: Api, user: str, id: str, cursor: int | None = None
) -> AbstractAsyncContextManager[Stream]:
    query = f"conversation_id={id}"
    return following(api, cursor, user=user, path=EVENTS_PATH, query=query)


async def messages(stream: Stream, count: int) -> list[tuple[str, int, Any]]:
    """The next so many numbers: whether each is told, and what was said."""
    found: list[tuple[str, int, Any]] = []
    while len(found) < count:
        kind, payload, id = await stream.next()
        if id is not None:
            found.append((kind, id, payload.get("text")))
    return found


async def kinds(stream: Stream) -> list[str]:
    """What is told up to the next message, beside how things stand."""
    found: list[str] = []
    while "message" not in found:
        found.append((await stream.next())[0])
    return [each for each in found if each != "state"]


async def test_who_comes_back_is_told_what_was_said_and_then_what_is(api: Api) -> None:
    id = await opened(api)
    for number in (1, 2, 3):
        await say(api, "ann", id, number, f"{number}")
    async with follow(api, "bob", id, 1) as stream:
        kind, state, _ = await stream.next()
        assert (kind, state["last"], state["read_up_to"]) == ("state", 3, 0)
        assert await messages(stream, 2) == [("message", 2, "2"), ("message", 3, "3")]
        await say(api, "ann", id, 4, "4")
        assert await messages(stream, 1) == [("message", 4, "4")]
        await say(api, "bob", id, 1, "5")
        assert await messages(stream, 1) == [("message", 5, "5")]
        assert (await stream.until("state"))["client_seq"] == 1


async def test_whoever_follows_is_told_what_becomes_of_messages(api: Api) -> None:
    id = await opened(api)
    await say(api, "ann", id, 1, "Helo.")
    async with follow(api, "bob", id) as stream:
        assert await stream.until("state")
        await done(api, "ann", f"/{id}/messages/1/edit", {"text": "Hello."})
        edited = {"number": 1, "user_id": "ann", "text": "Hello."}
        assert await stream.until("edited") == edited
        await done(api, "ann", f"/{id}/messages/1/react", {"reaction": "wow"})
        reacted = {"number": 1, "user_id": "ann", "reaction": "wow"}
        assert await stream.until("reacted") == reacted
        await done(api, "ann", f"/{id}/messages/1/take-reaction")
        assert await stream.until("reaction-taken") == {"number": 1, "user_id": "ann"}
        await done(api, "ann", f"/{id}/messages/1/delete")
        assert await stream.until("deleted") == {"number": 1, "user_id": "ann"}
        await done(api, "bob", f"/{id}/read", {"up_to": 1})
        while (await stream.until("state"))["read_up_to"] != 1:
            pass


async def test_a_number_is_all_that_is_told_of_what_was_withheld(api: Api) -> None:
    id = await opened(api)
    await api.ask("POST", "/api/v1/friends/ann/block", user="bob")
    async with follow(api, "bob", id) as bobs, follow(api, "ann", id) as anns:
        for stream in (bobs, anns):
            assert await stream.until("state")
        await say(api, "ann", id, 1, "Are you there?")
        await done(api, "ann", f"/{id}/messages/1/edit", {"text": "Hello?"})
        await api.ask("POST", "/api/v1/friends/ann/unblock", user="bob")
        await say(api, "ann", id, 2, "Hello.")
        assert await kinds(bobs) == ["hidden", "message"]
        assert await messages(anns, 1) == [("message", 1, "Are you there?")]
        assert (await anns.until("edited"))["text"] == "Hello?"
    async with follow(api, "bob", id, 0) as stream:
        told = [("hidden", 1, None), ("message", 2, "Hello.")]
        assert await messages(stream, 2) == told, "nor to who comes back"
        await done(api, "ann", f"/{id}/messages/1/edit", {"text": "Hello!"})
        await say(api, "ann", id, 3, "Hello again.")
        assert await kinds(stream) == ["message"]


async def test_of_whom_somebody_has_blocked_nothing_is_told(api: Api) -> None:
    group = await a_group(api, "bob", "cyd")
    await say(api, "bob", group, 1, "Hello.")
    await api.ask("POST", "/api/v1/friends/bob/block", user="cyd")
    async with follow(api, "cyd", group, 0) as stream:
        assert await messages(stream, 1) == [("hidden", 1, None)]
        await say(api, "bob", group, 2, "Hello?")
        await done(api, "bob", f"/{group}/messages/1/react", {"reaction": "wow"})
        await say(api, "ann", group, 1, "Hi.")
        assert await messages(stream, 2) == [("hidden", 2, None), ("message", 3, "Hi.")]


async def test_who_comes_late_is_not_told_what_was_before(api: Api) -> None:
    group = await a_group(api, "bob")
    await say(api, "ann", group, 1, "Hello.")
    await befriend(api, "ann", "cyd")
    await done(api, "ann", f"/{group}/members/cyd/add")
    async with follow(api, "cyd", group, 0) as stream:
        assert await messages(stream, 1) == [("hidden", 1, None)]


async def test_who_leaves_is_told_nothing_more(api: Api) -> None:
    group = await a_group(api, "bob")
    async with follow(api, "bob", group) as stream:
        assert (await stream.until("state"))["members"] == ["ann", "bob"]
        await done(api, "bob", f"/{group}/leave")
        await say(api, "ann", group, 1, "He is gone.")
        assert await stream.until("over") == {"reason": LEFT}


async def test_nobody_follows_what_is_not_theirs(api: Api) -> None:
    id = await opened(api)
    path = f"{EVENTS_PATH}?conversation_id={id}"
    problem(await api.ask("GET", path, user="cyd"), 404, "conversation-not-found")
    problem(await api.ask("GET", f"{EVENTS_PATH}?conversation_id=x"), 400, "invalid-request")
    ahead = await api.ask("GET", f"{path}&last_event_id=7", user="ann")
    problem(ahead, 422, "cursor-ahead")
