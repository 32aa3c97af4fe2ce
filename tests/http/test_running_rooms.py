"""Running a waiting room over HTTP: orders, reports of a shop, lists."""

from typing import Any

import httpx
import pytest

from application.waitroom.presence import Sightings
from domain.waitroom.events import WaitroomClosed, WaitroomPaused
from tests.http.conftest import Api, problem

ROOM = "/api/v1/waitroom/concert"
ORDERS: dict[str, Any] = {
    "change": {"capacity": 2},
    "pause": None,
    "resume": None,
    "close": {"waiting": "serve"},
    "reopen": None,
    "describe": {"title": "The concert"},
    "presence": {"absent_seconds": 60, "redeems": True},
}
OF_SESSIONS: dict[str, Any] = {
    "completed": None,
    "failed": {"reason": "no money"},
    "expired": None,
    "extend": {"seconds": 60},
    "remove": None,
    "admit": None,
}


async def order(api: Api, what: str, body: Any = None, path: str = ROOM) -> httpx.Response:
    """In the name of Olga, who runs the room."""
    return await api.ask("POST", f"{path}/{what}", body, user="olga", scope="admin")


async def session_of(api: Api, user: str) -> str:
    return str((await api.join(user)).json()["session_id"])


async def on_session(api: Api, session: str, what: str, body: Any = None) -> httpx.Response:
    return await order(api, what, body, f"/api/v1/waitroom/sessions/{session}")


@pytest.mark.parametrize("what", ORDERS)
async def test_only_who_runs_the_hall_orders_anything_of_a_room(api: Api, what: str) -> None:
    await api.open()
    answer = await api.ask("POST", f"{ROOM}/{what}", ORDERS[what], user="ann")

    problem(answer, 403, "wrong-scope")
    assert (await order(api, what, ORDERS[what])).status_code == 200


@pytest.mark.parametrize("what", OF_SESSIONS)
async def test_only_who_runs_the_hall_orders_anything_of_a_session(api: Api, what: str) -> None:
    await api.open()
    path = f"/api/v1/waitroom/sessions/{await session_of(api, 'ann')}"

    problem(await api.ask("POST", f"{path}/{what}", OF_SESSIONS[what]), 403, "wrong-scope")
    assert (await order(api, what, OF_SESSIONS[what], path)).status_code == 200


@pytest.mark.parametrize("what", ORDERS)
async def test_a_room_that_is_not_there_is_not_found(api: Api, what: str) -> None:
    problem(await order(api, what, ORDERS[what]), 404, "waitroom-not-found")


async def test_an_order_is_an_event_with_the_operators_name(api: Api) -> None:
    await api.open()
    answer = await order(api, "pause")

    assert (answer.json()["paused"], answer.json()["status"]) == (True, "open")
    assert answer.headers["position"] == "waitroom-log/0@1"
    (paused,) = [each for each in api.log.of("concert") if isinstance(each, WaitroomPaused)]
    assert paused.by == "olga"


async def test_a_raised_capacity_admits_at_once(api: Api) -> None:
    await api.open(capacity=1)
    await api.join("ann")
    session = await session_of(api, "ben")

    assert (await order(api, "change", {"capacity": 2})).json()["ready"] == 2
    place = await api.ask("GET", f"/api/v1/waitroom/sessions/{session}", user="ben")
    assert place.json()["status"] == "ready"


async def test_a_closed_room_is_kept_for_as_long_as_the_setting_says(api: Api) -> None:
    await api.open()
    assert (await order(api, "close", {"waiting": "dismiss"})).json()["status"] == "closed"

    (closed,) = [each for each in api.log.of("concert") if isinstance(each, WaitroomClosed)]
    assert (closed.keep_seconds, closed.by) == (604_800, "olga")
    problem(await api.join("ann"), 409, "waitroom-closed")
    await order(api, "reopen")
    assert (await api.join("ann")).status_code == 201


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("change", {"capacity": 0}),
        ("change", {"checkout_seconds": 0.5}),
        ("close", {"waiting": "later"}),
        ("close", {}),
        ("presence", {}),
        ("presence", {"absent_seconds": 9}),
        ("describe", {"colours": {"light": "red"}}),
        ("describe", {"colours": {"light": "#0B5FFF"}}),
        ("describe", {"texts": {"english": {"title": "The concert"}}}),
        ("describe", {"texts": {"en": {"logo": "/logo.png"}}}),
        ("describe", {"title": "The concert\n"}),
        ("describe", {"return_origins": ["https://shop.example/path"]}),
        ("describe", {"return_origins": ["http://shop.example"]}),
        ("describe", {"return_origins": ["javascript:alert(1)"]}),
        ("describe", {"return_origins": ["https://shop.example"] * 21}),
        ("describe", {"texts": {f"a{letter}": {} for letter in "abcdefghi"}}),
        ("describe", {"texts": {"en": {"waiting": "x" * 501}}}),
    ],
    ids=str,
)
async def test_what_makes_no_sense_is_refused_at_the_door(
    api: Api, what: str, body: dict[str, Any]
) -> None:
    await api.open()
    problem(await order(api, what, body), 400, "invalid-request")


async def test_a_room_looks_as_it_was_described_to_anybody_with_a_token(api: Api) -> None:
    await api.open()
    plain = (await api.ask("GET", f"{ROOM}/appearance")).json()
    assert plain == {"title": None, "colours": {}, "texts": {}, "return_origins": []}
    described = {
        "title": "The concert",
        "colours": {"dark": "#7aa7ff"},
        "texts": {"de": {"title": "Das Konzert"}},
        "return_origins": ["https://shop.example", "http://localhost:8000"],
    }
    await order(api, "describe", described)

    assert (await api.ask("GET", f"{ROOM}/appearance")).json() == described


async def test_who_asks_where_a_session_stands_or_for_a_pass_has_seen_it(api: Api) -> None:
    await api.open()
    ann, ben = await session_of(api, "ann"), await session_of(api, "ben")
    seen = api.services.part(Sightings).by_room
    assert seen == {}

    await api.ask("GET", f"/api/v1/waitroom/sessions/{ben}", user="ben")
    await api.ask("GET", f"/api/v1/waitroom/sessions/{ann}", user="eve")
    assert seen == {"concert": {ben}}
    await api.ask("GET", f"/api/v1/waitroom/sessions/{ann}/pass", user="ann")
    assert seen == {"concert": {ann, ben}}


# -- sessions --------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["completed", "failed", "expired"])
async def test_a_shop_reports_how_a_checkout_ended_once_or_twice(api: Api, what: str) -> None:
    await api.open()
    session = await session_of(api, "ann")
    answers = [await on_session(api, session, what, OF_SESSIONS[what]) for _ in range(2)]

    assert [answer.json()["status"] for answer in answers] == [what, what]
    other = "failed" if what == "completed" else "completed"
    answer = await on_session(api, session, other, OF_SESSIONS[other])
    if (what, other) == ("expired", "completed"):
        assert answer.json()["status"] == "completed", "it is late, and counts"
    else:
        problem(answer, 409, "checkout-over")


@pytest.mark.parametrize("what", ["completed", "failed", "expired"])
async def test_a_report_of_who_waits_or_is_not_known_is_refused(api: Api, what: str) -> None:
    await api.open()
    await api.join("ann")
    waiting = await on_session(api, await session_of(api, "ben"), what, OF_SESSIONS[what])

    problem(waiting, 409, "not-admitted")
    problem(await on_session(api, "nobody", what, OF_SESSIONS[what]), 404, "session-not-found")


async def test_who_names_the_room_need_not_wait_for_the_read_model(api: Api) -> None:
    await api.open()
    session = await session_of(api, "ann")
    api.queue.lags = True
    answer = await on_session(api, session, "completed?event_id=concert")
    assert answer.json()["status"] == "completed"
    problem(await on_session(api, session, "completed?event_id=other"), 404, "waitroom-not-found")


async def test_an_operator_extends_admits_and_removes(api: Api) -> None:
    await api.open()
    ann, ben = await session_of(api, "ann"), await session_of(api, "ben")
    told = (await api.join("ann")).json()["deadline"]

    assert (await on_session(api, ann, "extend", {"seconds": 60})).json()["deadline"] > told
    problem(await on_session(api, ben, "extend", {"seconds": 60}), 409, "not-admitted")
    problem(await on_session(api, ann, "extend", {"seconds": 86_400}), 422, "extended-too-far")
    assert (await on_session(api, ben, "admit")).json()["status"] == "ready"
    assert (await on_session(api, ann, "remove")).json()["status"] == "removed"
    problem(await on_session(api, ann, "admit"), 409, "checkout-over")


# -- lists -----------------------------------------------------------------------------------------


async def look(api: Api, path: str, **asked: Any) -> Any:
    answer = await api.client.get(path, params=asked, headers=api.token("olga", "admin"))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_rooms_are_listed_by_name_and_filtered(api: Api) -> None:
    for event_id in ("concert", "cinema", "theatre"):
        await api.open(event_id)
    await order(api, "pause")
    await order(api, "close", {"waiting": "serve"}, "/api/v1/waitroom/cinema")

    async def names(**asked: Any) -> list[str]:
        rooms = await look(api, "/api/v1/waitroom/rooms", **asked)
        return [room["event_id"] for room in rooms["rooms"]]

    assert await names() == ["cinema", "concert", "theatre"]
    assert await names(status="closed") == ["cinema"]
    assert await names(status="open", paused="no") == ["theatre"]
    assert await names(paused="yes") == ["concert"]
    assert await names(prefix="c") == ["cinema", "concert"]
    assert (await look(api, "/api/v1/waitroom/rooms", limit=2))["after"] == "concert"
    assert await names(after="concert") == ["theatre"]
    problem(await api.ask("GET", "/api/v1/waitroom/rooms"), 403, "wrong-scope")


async def test_sessions_are_listed_and_searched(api: Api) -> None:
    await api.open()
    for user in ("ann", "ben", "cem"):
        await api.join(user)

    async def users(**asked: Any) -> list[str]:
        page = await look(api, f"{ROOM}/sessions", **asked)
        return [session["user_id"] for session in page["sessions"]]

    assert await users() == ["ann", "ben", "cem"]
    assert await users(status="waiting") == ["ben", "cem"]
    assert await users(user_id="ben") == ["ben"]
    assert await users(limit=1) == ["ann"]
    problem(await api.ask("GET", f"{ROOM}/sessions"), 403, "wrong-scope")
    answer = await order(api, "pause", None, "/api/v1/waitroom/other")
    problem(answer, 404, "waitroom-not-found")


@pytest.mark.parametrize("what", ["sessions", "minutes", "appearance"])
async def test_nothing_is_shown_of_a_room_that_is_not_there(api: Api, what: str) -> None:
    answer = await api.ask("GET", f"{ROOM}/{what}", user="olga", scope="admin")
    problem(answer, 404, "waitroom-not-found")


async def test_minutes_are_told(api: Api) -> None:
    await api.open()
    await api.join("ann")
    (minute,) = (await look(api, f"{ROOM}/minutes"))["minutes"]
    assert (minute["joined"], minute["admitted"], minute["wait_p50"]) == (1, 1, 0.0)
