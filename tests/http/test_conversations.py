"""One's conversations over HTTP: who says what to whom, once, and what each sees and has read."""

from typing import Any
from uuid import uuid4

import pytest

from tests.http.conftest import Api, problem
from tests.http.test_friends import befriend
from tests.http.test_people import exported

CONVERSATIONS = "/api/v1/conversations"


async def ask(api: Api, user: str, method: str, path: str, body: Any = None) -> Any:
    """What somebody is answered who asks for something of conversations."""
    return await api.ask(method, f"{CONVERSATIONS}{path}", body, user=user)


async def done(api: Api, user: str, path: str, body: Any = None) -> Any:
    """What somebody is answered whom nothing is refused."""
    answer = await ask(api, user, "POST", path, body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def opened(api: Api, one: str = "ann", other: str = "bob") -> str:
    view = await done(api, one, f"/with/{other}")
    return str(view["conversation_id"])


async def a_group(api: Api, *members: str) -> str:
    """A group that Ann has started with friends of hers."""
    for each in members:
        await befriend(api, "ann", each)
    group = uuid4().hex
    await done(api, "ann", "", {"conversation_id": group, "members": members, "name": "Chess"})
    return group


async def say(api: Api, user: str, id: str, client_seq: int, text: str, **more: Any) -> int:
    """Say something; its number."""
    said = {"client_seq": client_seq, "text": text} | more
    return int((await done(api, user, f"/{id}/messages", said))["number"])


async def seen(api: Api, user: str, id: str, asked: str = "") -> list[dict[str, Any]]:
    """What somebody sees of a conversation, the newest first."""
    answer = await ask(api, user, "GET", f"/{id}/messages{asked}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["messages"])


async def texts(api: Api, user: str, id: str, asked: str = "") -> list[tuple[int, str | None]]:
    return [(each["number"], each["text"]) for each in await seen(api, user, id, asked)]


async def mine(api: Api, user: str) -> list[tuple[str, int, int]]:
    """The conversations of somebody: which, the last number, and how much is unread."""
    listed = (await ask(api, user, "GET", "")).json()["conversations"]
    return [(each["conversation_id"], each["last"], each["unread"]) for each in listed]


async def test_two_people_talk(api: Api) -> None:
    id = await opened(api)
    assert await opened(api, "bob", "ann") == id
    assert await say(api, "ann", id, 1, "Hello.\nIt is me.") == 1
    assert await say(api, "bob", id, 1, "Hello.", reply_to=1) == 2
    assert await texts(api, "ann", id) == [(2, "Hello."), (1, "Hello.\nIt is me.")]
    first, second = await seen(api, "bob", id, "?after=0")
    assert (first["sender"], second["sender"], second["reply_to"]) == ("ann", "bob", 1)
    assert await mine(api, "ann") == [(id, 2, 1)]


async def test_what_was_said_is_in_no_event_in_the_clear(api: Api) -> None:
    group = await a_group(api, "bob")
    await say(api, "ann", group, 1, "It is me.")
    events = str(api.log.events["social-log"])
    assert "It is me." not in events
    assert "Chess" not in events


async def test_what_is_sent_again_is_said_once_for_good(api: Api) -> None:
    id = await opened(api)
    assert [await say(api, "ann", id, 1, "Hello.") for _ in range(3)] == [1, 1, 1]
    other = await ask(api, "ann", "POST", f"/{id}/messages", {"client_seq": 1, "text": "Bye."})
    assert "say this with 2" in problem(other, 409, "client-seq-passed")["detail"]
    assert (await ask(api, "ann", "GET", f"/{id}")).json()["client_seq"] == 1
    assert await texts(api, "bob", id) == [(1, "Hello.")]


async def test_nobody_else_sees_or_says_anything(api: Api) -> None:
    id = await opened(api)
    await say(api, "ann", id, 1, "Hello.")
    said = {"client_seq": 1, "text": "Hello."}
    for method, path, body in (
        ("GET", f"/{id}", None),
        ("GET", f"/{id}/messages", None),
        ("POST", f"/{id}/messages", said),
        ("POST", f"/{id}/read", {"up_to": 1}),
        ("POST", f"/{id}/messages/1/react", {"reaction": "like"}),
    ):
        refused = await ask(api, "cyd", method, path, body)
        problem(refused, 404, "conversation-not-found")
    assert await mine(api, "cyd") == []


async def test_history_goes_both_ways(api: Api) -> None:
    id = await opened(api)
    for number in range(1, 6):
        await say(api, "ann", id, number, f"{number}")
    newest = (await ask(api, "bob", "GET", f"/{id}/messages?limit=2")).json()
    assert ([each["number"] for each in newest["messages"]], newest["before"]) == ([5, 4], 4)
    older = (await ask(api, "bob", "GET", f"/{id}/messages?limit=3&before=4")).json()
    assert ([each["number"] for each in older["messages"]], older["before"]) == ([3, 2, 1], None)
    newer = (await ask(api, "bob", "GET", f"/{id}/messages?limit=2&after=2")).json()
    assert ([each["number"] for each in newer["messages"]], newer["after"]) == ([3, 4], 4)
    last = (await ask(api, "bob", "GET", f"/{id}/messages?after=5")).json()
    assert (last["messages"], last["after"]) == ([], 5)
    both = await ask(api, "bob", "GET", f"/{id}/messages?after=5&before=1")
    problem(both, 422, "invalid-cursor")


async def test_what_is_unread_is_counted_and_may_be_unread_again(api: Api) -> None:
    id = await opened(api)
    for number in (1, 2, 3):
        await say(api, "ann", id, number, f"{number}")
    assert await mine(api, "bob") == [(id, 3, 3)]
    assert (await done(api, "bob", f"/{id}/read", {"up_to": 3}))["read_up_to"] == 3
    assert await mine(api, "bob") == [(id, 3, 0)]
    await done(api, "bob", f"/{id}/read", {"up_to": 1})
    assert await mine(api, "bob") == [(id, 3, 2)]
    await done(api, "ann", f"/{id}/messages/2/delete")
    assert await mine(api, "bob") == [(id, 3, 1)], "nobody has to read what is gone"
    assert await mine(api, "ann") == [(id, 3, 0)], "nobody has to read what they said"


async def test_messages_are_edited_deleted_and_thought_of(api: Api) -> None:
    id = await opened(api)
    await say(api, "ann", id, 1, "Helo.")
    await say(api, "ann", id, 2, "Bye.")
    await done(api, "ann", f"/{id}/messages/1/edit", {"text": "Hello."})
    await done(api, "bob", f"/{id}/messages/1/react", {"reaction": "like"})
    await done(api, "ann", f"/{id}/messages/1/react", {"reaction": "wow"})
    await done(api, "ann", f"/{id}/messages/1/take-reaction")
    await done(api, "ann", f"/{id}/messages/2/delete")
    deleted, edited = await seen(api, "bob", id)
    assert (edited["text"], edited["reactions"]) == ("Hello.", {"bob": "like"})
    assert edited["edited_at"]
    assert (deleted["text"], deleted["deleted"]) == (None, True)
    refused = await ask(api, "bob", "POST", f"/{id}/messages/1/edit", {"text": "No."})
    problem(refused, 403, "not-your-message")


async def test_friends_are_in_a_group_and_see_what_is_said_from_then_on(api: Api) -> None:
    group = await a_group(api, "bob")
    await say(api, "ann", group, 1, "Hello.")
    await befriend(api, "bob", "cyd")
    await done(api, "bob", f"/{group}/members/cyd/add")
    await say(api, "cyd", group, 1, "Hi.")
    assert await texts(api, "cyd", group) == [(2, "Hi.")]
    assert await texts(api, "ann", group) == [(2, "Hi."), (1, "Hello.")]
    assert await mine(api, "cyd") == [(group, 2, 0)]
    await done(api, "bob", f"/{group}/leave")
    problem(await ask(api, "bob", "GET", f"/{group}/messages"), 404, "conversation-not-found")
    assert await mine(api, "bob") == []
    (listed,) = (await ask(api, "ann", "GET", "")).json()["conversations"]
    assert (listed["name"], listed["members"]) == ("Chess", ["ann", "cyd"])


async def test_nobody_is_in_a_group_but_friends_of_who_puts_them_there(api: Api) -> None:
    body = {"conversation_id": uuid4().hex, "members": ["bob"]}
    problem(await ask(api, "ann", "POST", "", body), 409, "not-a-friend")
    group = await a_group(api, "bob")
    await api.ask("POST", "/api/v1/friends/ann/block", user="cyd")
    added = await ask(api, "ann", "POST", f"/{group}/members/cyd/add")
    problem(added, 409, "not-a-friend")


async def test_conversations_are_listed_page_by_page_the_last_used_first(api: Api) -> None:
    ids = []
    for n, other in enumerate(("bob", "cyd", "dan")):
        api.log.pass_time(1)
        ids.append(await opened(api, "ann", other))
        await say(api, "ann", ids[n], 1, "Hello.")
    api.log.pass_time(1)
    await say(api, "bob", ids[0], 1, "Hello.")
    first = (await ask(api, "ann", "GET", "?limit=2")).json()
    assert [each["conversation_id"] for each in first["conversations"]] == [ids[0], ids[2]]
    rest = (await ask(api, "ann", "GET", f"?before={first['before']}")).json()
    assert [each["conversation_id"] for each in rest["conversations"]] == [ids[1]]
    assert rest["before"] is None


# -- blocks ----------------------------------------------------------------------------------------


async def test_a_blocked_person_talks_to_nobody_and_does_not_see_it(api: Api) -> None:
    api.log.feeds_people = True
    id = await opened(api)
    assert await say(api, "ann", id, 1, "Hello.") == 1
    await api.ask("POST", "/api/v1/friends/ann/block", user="bob")
    assert await say(api, "ann", id, 2, "Are you there?") == 2
    assert await say(api, "ann", id, 2, "Are you there?") == 2
    assert await texts(api, "ann", id) == [(2, "Are you there?"), (1, "Hello.")]
    assert await mine(api, "ann") == [(id, 2, 0)]
    assert await texts(api, "bob", id) == [], "nor what was said before"
    assert await mine(api, "bob") == []
    answer = await ask(api, "bob", "POST", f"/{id}/messages", {"client_seq": 1, "text": "No."})
    problem(answer, 409, "said-to-blocked")

    await api.ask("POST", "/api/v1/friends/ann/unblock", user="bob")
    assert await texts(api, "bob", id) == [(1, "Hello.")], "what was withheld stays so"
    assert await say(api, "ann", id, 3, "Hello?") == 3
    assert await texts(api, "bob", id) == [(3, "Hello?"), (1, "Hello.")]
    told = (await api.ask("GET", "/api/v1/me/feed", user="bob")).json()["entries"]
    assert [(each["kind"], each["data"]) for each in told] == [("message", {"number": 1})]


async def test_in_a_group_nobody_sees_whom_they_have_blocked(api: Api) -> None:
    group = await a_group(api, "bob", "cyd")
    await say(api, "bob", group, 1, "Hello.")
    await done(api, "bob", f"/{group}/messages/1/react", {"reaction": "party"})
    await say(api, "cyd", group, 1, "Hi.")
    await done(api, "bob", f"/{group}/messages/2/react", {"reaction": "like"})
    await api.ask("POST", "/api/v1/friends/bob/block", user="cyd")
    (own,) = await seen(api, "cyd", group)
    assert (own["text"], own["reactions"]) == ("Hi.", {})
    assert await mine(api, "cyd") == [(group, 2, 0)]
    assert len(await texts(api, "ann", group)) == 2


async def test_a_block_holds_for_whoever_reads_behind_it(api: Api) -> None:
    id = await opened(api)
    await say(api, "ann", id, 1, "Hello.")
    blocked = await api.ask("POST", "/api/v1/friends/ann/block", user="bob")
    headers = {"Read-After": blocked.headers["Position"]}
    page = await api.ask("GET", f"{CONVERSATIONS}/{id}/messages", user="bob", headers=headers)
    assert page.json()["messages"] == []


# -- who is told, and who is forgotten -------------------------------------------------------------


async def test_somebody_is_told_of_the_first_unread_message_until_they_read(api: Api) -> None:
    api.log.feeds_people = True
    id = await opened(api)
    for number in (1, 2):
        await say(api, "ann", id, number, "Hello.")
    (entry,) = (await api.ask("GET", "/api/v1/me/feed", user="bob")).json()["entries"]
    assert (entry["kind"], entry["about"], entry["other"]) == ("message", id, "ann")
    await done(api, "bob", f"/{id}/read", {"up_to": 2})
    (entry,) = (await api.ask("GET", "/api/v1/me/feed", user="bob")).json()["entries"]
    assert entry["read"]
    await say(api, "ann", id, 3, "Hello?")
    entries = (await api.ask("GET", "/api/v1/me/feed?unread=true", user="bob")).json()["entries"]
    assert [each["data"] for each in entries] == [{"number": 3}]


async def test_who_is_put_in_a_group_is_told(api: Api) -> None:
    api.log.feeds_people = True
    group = await a_group(api, "bob")
    entries = (await api.ask("GET", "/api/v1/me/feed?kind=group-joined", user="bob")).json()
    assert [(e["about"], e["other"]) for e in entries["entries"]] == [(group, "ann")]


async def test_who_is_erased_leaves_and_nobody_reads_what_they_said(api: Api) -> None:
    group, id = await a_group(api, "bob"), await opened(api)
    for each in (group, id):
        await say(api, "ann", each, 1, "It is me.")
        await say(api, "bob", each, 1, "It is you.", reply_to=1)
    report = (await api.ask("POST", "/api/v1/me/erase", {"user_id": "ann"})).json()
    (left,) = [each for each in report["forgotten"] if each["place"] == "conversations"]
    assert (report["complete"], left["count"]) == (True, 1)
    for each in (group, id):
        assert await texts(api, "bob", each) == [(2, "It is you."), (1, None)]
    listed = (await ask(api, "bob", "GET", "")).json()["conversations"]
    found = {each["conversation_id"]: (each["name"], each["members"]) for each in listed}
    assert found == {group: (None, ["bob"]), id: (None, ["ann", "bob"])}
    assert await say(api, "bob", id, 2, "Hello?") == 3, "they still fold"


async def test_an_export_tells_nobody_of_a_block(api: Api) -> None:
    id = await opened(api)
    await api.ask("POST", "/api/v1/friends/ann/block", user="bob")
    await say(api, "ann", id, 1, "Hello.")
    assert "withheld" not in str(await exported(api, "ann"))
    assert "Hello." in str(await exported(api, "ann"))
    assert "conversation.said" not in str(await exported(api, "bob"))


# -- what is no request ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {"conversation_id": "chess", "members": []}),
        ("", {"conversation_id": "two-" + "0" * 32, "members": []}),
        ("", {"conversation_id": "0" * 32, "members": [f"user-{n}" for n in range(21)]}),
        ("/chess/messages", {"client_seq": 1, "text": "Hello."}),
        ("/ID/messages", {"client_seq": 0, "text": "Hello."}),
        ("/ID/messages", {"client_seq": 1, "text": ""}),
        ("/ID/messages", {"client_seq": 1, "text": "a\x00b"}),
        ("/ID/messages", {"client_seq": 1, "text": "x" * 4_001}),
        ("/ID/messages/0/react", {"reaction": "like"}),
        ("/ID/messages/1/react", {"reaction": "whatever I like"}),
        ("/ID/read", {"up_to": -1}),
    ],
)
async def test_what_is_no_request_is_told_so(api: Api, path: str, body: Any) -> None:
    id = await opened(api)
    answer = await ask(api, "ann", "POST", path.replace("ID", id), body)
    problem(answer, 400, "invalid-request")


@pytest.mark.parametrize("asked", ["?before=x", "?after=-1", "?limit=0"])
async def test_no_page_begins_anywhere_else(api: Api, asked: str) -> None:
    id = await opened(api)
    problem(await ask(api, "ann", "GET", f"/{id}/messages{asked}"), 400, "invalid-request")
