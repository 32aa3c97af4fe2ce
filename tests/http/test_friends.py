"""One's friends over HTTP: who asks, who answers, who sees what, and who is told."""

from datetime import timedelta
from typing import Any

import pytest

from tests.given import T0
from tests.http.conftest import Api, problem
from tests.http.socket_client import connected

FRIENDS = "/api/v1/friends"


async def ask(api: Api, user: str, method: str, path: str, body: Any = None) -> Any:
    """What somebody is answered who asks for something of friends."""
    return await api.ask(method, f"{FRIENDS}{path}", body, user=user)


async def people(api: Api, user: str, path: str = "") -> list[Any]:
    answer = await ask(api, user, "GET", path)
    assert answer.status_code == 200, answer.text
    return [(each["user_id"], each.get("relation", "blocked")) for each in answer.json()["people"]]


async def befriend(api: Api, one: str, other: str) -> None:
    assert (await ask(api, one, "POST", "/requests", {"user_id": other})).status_code == 200
    accepted = await ask(api, other, "POST", f"/requests/{one}/accept")
    assert accepted.json()["relation"] == "friends"


async def test_who_is_asked_sees_it_and_says_yes(api: Api) -> None:
    asked = await ask(api, "ann", "POST", "/requests", {"user_id": "bob", "note": "It is me."})
    assert asked.json()["relation"] == "requested"
    assert asked.headers["position"].startswith("social-log/")
    waiting = (await ask(api, "bob", "GET", "/requests")).json()["people"]
    assert [(each["user_id"], each["relation"], each["note"]) for each in waiting] == [
        ("ann", "asked", "It is me.")
    ]
    assert await people(api, "ann", "/requests") == [("bob", "requested")]
    await ask(api, "bob", "POST", "/requests/ann/accept")
    assert await people(api, "ann") == [("bob", "friends")]
    assert await people(api, "bob") == [("ann", "friends")]
    assert await people(api, "bob", "/requests") == []


async def test_a_note_is_in_no_event_in_the_clear(api: Api) -> None:
    await ask(api, "ann", "POST", "/requests", {"user_id": "bob", "note": "It is me."})
    assert "It is me." not in str(api.log.events["social-log"])


async def test_who_is_asked_is_told_in_the_feed_and_so_is_who_asked(api: Api) -> None:
    api.log.feeds_people = True
    await befriend(api, "ann", "bob")
    kinds = [
        [
            each["kind"]
            for each in (await api.ask("GET", "/api/v1/me/feed", user=user)).json()["entries"]
        ]
        for user in ("ann", "bob")
    ]
    assert kinds == [["friend-accepted"], ["friend-request"]]


async def test_friends_are_listed_page_by_page(api: Api) -> None:
    for other in ("bob", "cyd", "dan"):
        await befriend(api, "ann", other)
    first = (await ask(api, "ann", "GET", "?limit=2")).json()
    assert [each["user_id"] for each in first["people"]] == ["bob", "cyd"]
    later = (await ask(api, "ann", "GET", f"?limit=2&after={first['after']}")).json()
    assert ([each["user_id"] for each in later["people"]], later["after"]) == (["dan"], None)


@pytest.mark.parametrize("answer", ["decline", "cancel"])
async def test_a_request_is_over_for_both(api: Api, answer: str) -> None:
    await ask(api, "ann", "POST", "/requests", {"user_id": "bob"})
    one, other = ("bob", "ann") if answer == "decline" else ("ann", "bob")
    assert (await ask(api, one, "POST", f"/requests/{other}/{answer}")).status_code == 200
    assert await people(api, "ann", "/requests") == await people(api, "bob", "/requests") == []


async def test_a_blocked_person_sees_a_request_that_waits(api: Api) -> None:
    api.log.feeds_people = True
    await befriend(api, "ann", "bob")
    blocked = await ask(api, "bob", "POST", "/ann/block")
    assert blocked.json() == {
        "user_id": "ann",
        "relation": "none",
        "since": None,
        "blocked": True,
    }
    assert await people(api, "bob", "/blocked") == [("ann", "blocked")]
    assert await people(api, "ann", "/blocked") == []
    assert (await ask(api, "ann", "POST", "/requests", {"user_id": "bob"})).status_code == 200
    assert await people(api, "ann", "/requests") == [("bob", "requested")]
    assert await people(api, "bob", "/requests") == []
    await ask(api, "bob", "POST", "/ann/unblock")
    assert await people(api, "bob", "/requests") == [("ann", "asked")]


async def suggested(api: Api, user: str) -> list[tuple[str, int]]:
    told = (await ask(api, user, "GET", "/suggestions")).json()["people"]
    return [(each["user_id"], each["common"]) for each in told]


async def test_friends_of_friends_are_suggested_until_they_are_asked(api: Api) -> None:
    for one, other in [("ann", "bob"), ("ann", "cyd"), ("bob", "dan"), ("cyd", "dan")]:
        await befriend(api, one, other)
    await befriend(api, "cyd", "eve")
    assert await suggested(api, "ann") == [("dan", 2), ("eve", 1)]
    await ask(api, "ann", "POST", "/requests", {"user_id": "dan"})
    assert await suggested(api, "ann") == [("eve", 1)]
    assert await suggested(api, "dan") == [("eve", 1)], "whom ann does not ask as well"


async def test_nobody_is_suggested_where_one_of_both_wants_nothing_of_the_other(api: Api) -> None:
    await befriend(api, "ann", "bob")
    await befriend(api, "bob", "cyd")
    await ask(api, "cyd", "POST", "/ann/block")
    assert await suggested(api, "ann") == await suggested(api, "cyd") == []
    await ask(api, "cyd", "POST", "/ann/unblock")
    assert await suggested(api, "ann") == [("cyd", 1)]


async def presence(api: Api, user: str) -> list[tuple[str, bool, str | None]]:
    told = (await ask(api, user, "GET", "/presence")).json()["people"]
    return [(each["user_id"], each["online"], each["last_seen"]) for each in told]


async def test_friends_see_who_is_there_at_a_socket(api: Api) -> None:
    await befriend(api, "ann", "bob")
    await ask(api, "ann", "POST", "/requests", {"user_id": "cyd"})
    assert await presence(api, "ann") == [("bob", False, None)]
    async with connected(api, "/api/v1/me/feed/live", user="bob"):
        assert await presence(api, "ann") == [("bob", True, None)]
        await ask(api, "bob", "POST", "/ann/block")
        assert await presence(api, "ann") == []


async def test_who_is_hidden_looks_as_if_they_had_left(api: Api) -> None:
    await befriend(api, "ann", "bob")
    api.presence.last["bob"] = T0 + timedelta(days=1)
    async with connected(api, "/api/v1/me/feed/live", user="bob"):
        hidden = await ask(api, "bob", "POST", "/presence/mine", {"hidden": True})
        assert hidden.json() == {"hidden": True}
        assert (await ask(api, "bob", "GET", "/presence/mine")).json() == {"hidden": True}
        assert [online for _, online, _ in await presence(api, "ann")] == [False]
        await ask(api, "bob", "POST", "/presence/mine", {"hidden": False})
        assert [online for _, online, _ in await presence(api, "ann")] == [True]


async def test_nobody_is_asked_with_a_wrong_name(api: Api) -> None:
    problem(await ask(api, "ann", "POST", "/requests", {"user_id": "a/b"}), 400, "invalid-request")
    problem(await ask(api, "ann", "POST", "/requests", {"user_id": "ann"}), 422, "with-oneself")


async def test_what_is_not_there_is_told_so(api: Api) -> None:
    gone = await ask(api, "ann", "POST", "/requests/bob/accept")
    problem(gone, 404, "friend-request-not-found")
    problem(await ask(api, "ann", "POST", "/bob/end"), 404, "not-friends")


async def test_who_is_erased_is_nobody_s_friend_and_neither_asks_nor_is_asked(api: Api) -> None:
    api.log.feeds_people = True
    await befriend(api, "ann", "bob")
    await ask(api, "ann", "POST", "/requests", {"user_id": "cyd", "note": "It is me."})
    await ask(api, "dan", "POST", "/requests", {"user_id": "ann"})
    await ask(api, "ann", "POST", "/eve/block")
    await ask(api, "eve", "POST", "/requests", {"user_id": "ann"})
    report = (await api.ask("POST", "/api/v1/me/erase", {"user_id": "ann"})).json()
    (ended,) = [each for each in report["forgotten"] if each["place"] == "friends"]
    assert (report["complete"], ended["count"]) == (True, 3)
    assert await people(api, "ann") == await people(api, "ann", "/requests") == []
    assert await people(api, "bob") == await people(api, "cyd", "/requests") == []
    assert await people(api, "dan", "/requests") == []
    assert await people(api, "eve", "/requests") == [("ann", "requested")], "it waits for ever"
    unread = (await api.ask("GET", "/api/v1/me/feed?unread=true", user="cyd")).json()
    assert unread["entries"] == []


@pytest.mark.parametrize("path", ["", "/requests", "/blocked"])
async def test_a_page_begins_behind_somebody(api: Api, path: str) -> None:
    problem(await ask(api, "ann", "GET", f"{path}?after=a%00b"), 400, "invalid-request")
