"""Rooms over HTTP: who opens one, who comes, who may not, who sees what, and who is told."""

from typing import Any

import pytest

from tests.http.conftest import Api, problem

ROOMS = "/api/v1/rooms"


async def ask(api: Api, user: str, method: str, path: str = "", body: Any = None) -> Any:
    """What somebody is answered who asks for something of rooms."""
    return await api.ask(method, f"{ROOMS}{path}", body, user=user)


async def a_room(api: Api, **facts: Any) -> str:
    """A room of Olga's."""
    opened = await ask(api, "olga", "POST", "", {"name": "Night owls", **facts})
    assert opened.status_code == 201, opened.text
    return str(opened.json()["room_id"])


async def come(api: Api, user: str, room: str) -> Any:
    """Come into a room, a second after whatever was before."""
    api.log.pass_time(1)
    return await ask(api, user, "POST", f"/{room}/join")


async def decide(api: Api, user: str, room: str, other: str, what: str, body: Any = None) -> Any:
    return await ask(api, user, "POST", f"/{room}/members/{other}/{what}", body)


async def people(api: Api, room: str, user: str = "olga") -> list[str]:
    answer = await ask(api, user, "GET", f"/{room}")
    assert answer.status_code == 200, answer.text
    return [each["user_id"] for each in answer.json()["people"]]


async def test_somebody_opens_a_room_and_others_come(api: Api) -> None:
    opened = await ask(api, "olga", "POST", "", {"name": "Night owls", "plan": "x0\n00"})
    assert opened.headers["position"].startswith("social-log/")
    room = opened.json()["room_id"]
    came = (await come(api, "ann", room)).json()
    assert (came["x"], came["y"], came["role"]) == (1, 0, None)
    seen = (await ask(api, "bob", "GET", f"/{room}")).json()
    told = {name: seen[name] for name in ("name", "owner", "capacity", "players", "entries")}
    assert told == {
        "name": "Night owls",
        "owner": "olga",
        "capacity": 25,
        "players": 1,
        "entries": 1,
    }
    assert [(each["user_id"], each["x"]) for each in seen["people"]] == [("ann", 1)]
    assert (await ask(api, "ann", "POST", f"/{room}/leave")).json()["since"] is None
    assert await people(api, room) == []


async def test_a_repeated_key_opens_one_room(api: Api) -> None:
    headers = api.token("olga") | {"Idempotency-Key": "once"}
    rooms = {
        (await api.client.post(ROOMS, json={"name": "Night owls"}, headers=headers)).text
        for _ in range(2)
    }
    assert len(rooms) == 1


async def test_a_name_is_in_no_event_in_the_clear(api: Api) -> None:
    await a_room(api)
    assert "Night owls" not in str(api.log.events["social-log"])


async def test_who_comes_into_another_room_leaves_the_one_before(api: Api) -> None:
    one, other = await a_room(api), await a_room(api)
    await come(api, "ann", one)
    await come(api, "ann", other)
    assert (await people(api, one), await people(api, other)) == ([], ["ann"])
    assert (await ask(api, "ann", "GET", "/mine")).json()["inside"] == [other]
    await come(api, "ann", one)
    assert (await people(api, one), await people(api, other)) == (["ann"], [])


async def test_rooms_for_everybody_are_listed_page_by_page(api: Api) -> None:
    rooms = [await a_room(api) for _ in range(3)]
    await a_room(api, access="invitation")
    first = (await ask(api, "ann", "GET", "?limit=2")).json()
    assert [each["room_id"] for each in first["rooms"]] == [rooms[2], rooms[1]]
    later = (await ask(api, "ann", "GET", f"?limit=2&before={first['before']}")).json()
    assert ([each["room_id"] for each in later["rooms"]], later["before"]) == ([rooms[0]], None)
    await ask(api, "olga", "POST", f"/{rooms[0]}/close")
    left = (await ask(api, "ann", "GET")).json()["rooms"]
    assert [each["room_id"] for each in left] == [rooms[2], rooms[1]]


async def test_a_room_by_invitation_is_for_who_is_invited(api: Api) -> None:
    api.log.feeds_people = True
    room = await a_room(api, access="invitation")
    problem(await come(api, "ann", room), 403, "not-invited")
    problem(await ask(api, "ann", "GET", f"/{room}"), 404, "room-not-found")
    problem(await ask(api, "ann", "GET", f"/{room}/entries"), 404, "room-not-found")
    assert (await decide(api, "olga", room, "ann", "invite")).json()["invited"] is True
    (told,) = (await api.ask("GET", "/api/v1/me/feed", user="ann")).json()["entries"]
    assert [told[name] for name in ("kind", "about", "other", "read")] == [
        "room-invitation",
        room,
        "olga",
        False,
    ]
    assert await people(api, room, "ann") == []
    await come(api, "ann", room)
    assert await people(api, room, "ann") == ["ann"]
    (told,) = (await api.ask("GET", "/api/v1/me/feed", user="ann")).json()["entries"]
    assert told["read"] is True


async def test_who_is_kicked_or_banned_is_out_at_once_and_stays_so(api: Api) -> None:
    room = await a_room(api)
    for user in ("ann", "bob"):
        await come(api, user, room)
    kicked = (await decide(api, "olga", room, "ann", "kick")).json()
    assert (kicked["since"], kicked["barred_until"]) == (None, "2026-11-01T12:01:02Z")
    banned = await decide(api, "olga", room, "bob", "ban", {"seconds": 600})
    assert banned.json()["barred_until"] == "2026-11-01T12:10:02Z"
    assert await people(api, room) == []
    for user in ("ann", "bob"):
        problem(await come(api, user, room), 403, "barred-from-room")
    api.log.pass_time(60)
    assert (await come(api, "ann", room)).status_code == 200
    problem(await come(api, "bob", room), 403, "barred-from-room")
    await decide(api, "olga", room, "bob", "unban")
    assert (await come(api, "bob", room)).status_code == 200


async def test_moderators_decide_and_see_about_whom(api: Api) -> None:
    room = await a_room(api)
    problem(await decide(api, "mod", room, "ann", "mute", {"seconds": 9}), 403, NOT_YOURS)
    assert (await decide(api, "olga", room, "mod", "appoint")).json()["role"] == "moderator"
    muted = await decide(api, "mod", room, "ann", "mute", {"seconds": 9})
    assert muted.json()["muted_until"] == "2026-11-01T12:00:09Z"
    members = (await ask(api, "mod", "GET", f"/{room}/members")).json()["people"]
    assert [(each["user_id"], each["kind"]) for each in members] == [
        ("mod", "moderator"),
        ("ann", "muted"),
    ]
    assert (await ask(api, "ann", "GET", f"/{room}")).json()["moderators"] == ["mod"]
    problem(await ask(api, "ann", "GET", f"/{room}/members"), 403, NOT_YOURS)
    await decide(api, "mod", room, "ann", "unmute")
    problem(await decide(api, "mod", room, "olga", "kick"), 403, NOT_YOURS)
    await decide(api, "olga", room, "mod", "dismiss")
    problem(await ask(api, "mod", "GET", f"/{room}/members"), 403, NOT_YOURS)


NOT_YOURS = "not-yours-to-decide"


async def test_a_full_room_takes_nobody_and_a_closed_one_neither(api: Api) -> None:
    room = await a_room(api, capacity=1)
    await come(api, "ann", room)
    problem(await come(api, "bob", room), 409, "room-full")
    problem(await ask(api, "ann", "POST", f"/{room}/close"), 403, NOT_YOURS)
    assert (await ask(api, "olga", "POST", f"/{room}/close")).json()["closed"] is True
    assert await people(api, room) == []
    problem(await come(api, "bob", room), 409, "room-closed")


async def test_who_comes_is_counted_by_the_day(api: Api) -> None:
    room = await a_room(api)
    for user in ("ann", "bob", "ann"):
        await come(api, user, room)
        await ask(api, user, "POST", f"/{room}/leave")
    api.log.pass_time(86_400)
    await come(api, "ann", room)
    days = (await ask(api, "bob", "GET", f"/{room}/entries")).json()["days"]
    assert days == [{"day": "2026-11-02", "entries": 1}, {"day": "2026-11-01", "entries": 3}]


@pytest.mark.parametrize(
    ("body", "status", "type"),
    [
        ({"name": ""}, 400, "invalid-request"),
        ({"name": "a", "capacity": 0}, 400, "invalid-request"),
        ({"name": "a", "capacity": 201}, 400, "invalid-request"),
        ({"name": "a", "access": "secret"}, 400, "invalid-request"),
        ({"name": "a", "plan": "00\n"}, 400, "invalid-request"),
        ({"name": "a", "plan": "0a"}, 400, "invalid-request"),
        ({"name": "a", "plan": "0" * 4_161}, 400, "invalid-request"),
        ({"name": "a", "plan": "00\n0"}, 422, "floor-plan-malformed"),
        ({"name": "a", "plan": "xx"}, 422, "floor-plan-malformed"),
        ({"name": "a", "room_id": "mine"}, 400, "invalid-request"),
    ],
)
async def test_a_room_that_cannot_be_is_refused(
    api: Api, body: Any, status: int, type: str
) -> None:
    problem(await ask(api, "olga", "POST", "", body), status, type)


@pytest.mark.parametrize("seconds", [0, -1, 315_360_001, 1.5, "9", None])
async def test_a_time_that_is_none_is_refused(api: Api, seconds: Any) -> None:
    room = await a_room(api)
    for what in ("ban", "mute"):
        answer = await decide(api, "olga", room, "ann", what, {"seconds": seconds})
        problem(answer, 400, "invalid-request")


@pytest.mark.parametrize("path", ["/none/join", "/none/leave", "/none/members/ann/kick"])
async def test_a_room_that_is_not_there_is_told_so(api: Api, path: str) -> None:
    problem(await ask(api, "ann", "POST", path), 404, "room-not-found")


@pytest.mark.parametrize("scope", ["service", "admin"])
async def test_rooms_are_for_people(api: Api, scope: Any) -> None:
    problem(await api.ask("GET", ROOMS, user="shop", scope=scope), 403, "wrong-scope")


async def test_no_step_of_the_hall_is_taken_by_others(api: Api) -> None:
    room = await a_room(api)
    await come(api, "ann", room)
    step = {"command": "lounge.settle-tile", "room_id": room, "user_id": "ann", "x": 1, "y": 1}
    step["since"] = "2026-11-01T12:00:01Z"
    sent = [{"command_id": "a", "command": step}]
    (verdict,) = (
        await api.ask("POST", "/api/v1/commands", sent, user="shop", scope="service")
    ).json()
    assert verdict["refusal"]["type"] == "by-hall-alone"


async def test_who_is_erased_is_in_no_room_and_has_none(api: Api) -> None:
    room = await a_room(api)
    (own,) = [
        (await ask(api, "ann", "POST", "", {"name": "Ann's"})).json()["room_id"] for _ in range(1)
    ]
    await come(api, "bob", own)
    await come(api, "ann", room)
    report = (await api.ask("POST", "/api/v1/me/erase", {"user_id": "ann"})).json()
    (ended,) = [each for each in report["forgotten"] if each["place"] == "rooms"]
    assert (report["complete"], ended["count"]) == (True, 2)
    assert await people(api, room) == await people(api, own) == []
    seen = (await ask(api, "bob", "GET", f"/{own}")).json()
    assert (seen["closed"], seen["name"]) == (True, None)
