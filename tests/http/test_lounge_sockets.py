"""A room over sockets: who comes and goes, who walks where, and what ends it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from interfaces.http.lounges.walks import TICK_S, LoungeWalks
from interfaces.http.platform.channel import NORMAL, NOT_FOUND, NOT_YOURS
from tests.http.conftest import Api, an_api
from tests.http.fakes.walks import FakeWalks
from tests.http.socket_client import Socket, connected
from tests.http.sockets.virtual_time import VirtualTime
from tests.http.test_lounges import a_room, ask, come, decide

PLAN = "0000\n0x12"


def live(room: str) -> str:
    return f"/api/v1/rooms/{room}/live"


def within(story: Callable[[Api], Awaitable[None]]) -> None:
    """Let a story happen in virtual time."""

    async def told() -> None:
        async with an_api() as api:
            await story(api)

    loop = VirtualTime()
    loop.run_until_complete(told())
    loop.close()


async def a_room_with(api: Api, *people: str, **facts: Any) -> str:
    room = await a_room(api, plan=PLAN, **facts)
    for user in people:
        assert (await come(api, user, room)).status_code == 200
    return room


def where(state: Any) -> dict[str, tuple[int, int]]:
    return {each["user_id"]: (each["x"], each["y"]) for each in state["people"]}


def tiles(path: Any) -> list[dict[str, int]]:
    return [{"x": x, "y": y} for x, y in path]


async def steps(socket: Socket, count: int) -> list[dict[str, tuple[int, int]]]:
    return [where(await socket.until("steps")) for _ in range(count)]


def test_who_is_in_is_told_who_comes_and_who_goes() -> None:
    async def story(api: Api) -> None:
        room = await a_room_with(api, "ann")
        async with connected(api, live(room), user="ann") as ann:
            state = await ann.until("state")
            assert (where(state), state["plan"]) == ({"ann": (0, 0)}, PLAN)
            await come(api, "bob", room)
            assert await ann.until("user_joined") == {
                "user_id": "bob",
                "x": 0,
                "y": 0,
                "players": 2,
            }
            await ask(api, "bob", "POST", f"/{room}/leave")
            left = {"user_id": "bob", "reason": "left", "players": 1}
            assert await ann.until("user_left") == left

    within(story)


def test_who_walks_is_seen_by_all_step_by_step_and_noted_in_the_log() -> None:
    async def story(api: Api) -> None:
        room = await a_room_with(api, "ann", "bob")
        async with (
            connected(api, live(room), user="ann") as ann,
            connected(api, live(room), user="bob") as bob,
        ):
            for each in (ann, bob):
                await each.until("state")
            await ann.send("walk", path=tiles([[1, 0], [2, 0], [2, 1]]))
            assert await ann.until("walking") == {"steps": 3}
            seen = [{"ann": (1, 0)}, {"ann": (2, 0)}, {"ann": (2, 1)}]
            assert [await steps(each, 3) for each in (bob, ann)] == [seen, seen]
            moved = {"user_id": "ann", "x": 2, "y": 1}
            assert await bob.until("user_moved") == moved
            assert (await ask(api, "bob", "GET", f"/{room}")).json()["people"][0]["x"] == 2
            async with connected(api, live(room), user="bob") as late:
                assert where(await late.until("state")) == {"ann": (2, 1), "bob": (0, 0)}

    within(story)


def test_who_comes_while_somebody_walks_sees_where_they_are_by_now() -> None:
    async def story(api: Api) -> None:
        room = await a_room_with(api, "ann", "bob")
        async with connected(api, live(room), user="ann") as ann:
            await ann.until("state")
            await ann.send("walk", path=tiles([[1, 0], [2, 0], [3, 0]]))
            await steps(ann, 2)
            async with connected(api, live(room), user="bob") as bob:
                assert where(await bob.until("state"))["ann"] == (2, 0)
                assert await steps(bob, 1) == [{"ann": (3, 0)}]

    within(story)


def test_a_path_over_no_floor_is_refused_and_nobody_moves() -> None:
    async def story(api: Api) -> None:
        room = await a_room_with(api, "ann")
        async with connected(api, live(room), user="ann") as ann:
            await ann.until("state")
            for path, type in (
                ([[0, 1], [1, 1]], "path-blocked"),
                ([[64, 0]], "invalid-request"),
                ([[0, 1]] * 129, "invalid-request"),
                ("away", "invalid-request"),
            ):
                await ann.send("walk", path=path if path == "away" else tiles(path))
                assert (await ann.until("error"))["type"].endswith(type), path
            await ann.send_text("no message")
            assert (await ann.until("error"))["status"] == 400
            await ann.send("ping")
            await ann.until("pong")
            await asyncio.sleep(10 * TICK_S)
            assert "tile-settled" not in str(api.log.events)

    within(story)


@pytest.mark.parametrize("what", ["kick", "ban"])
def test_who_is_sent_out_hears_and_sees_nothing_more_at_once(what: str) -> None:
    async def story(api: Api) -> None:
        room = await a_room_with(api, "ann", "bob")
        async with (
            connected(api, live(room), user="ann") as ann,
            connected(api, live(room), user="bob") as bob,
        ):
            for each in (ann, bob):
                await each.until("state")
            await bob.send("walk", path=tiles([[1, 0], [2, 0], [3, 0]]))
            await steps(ann, 1)
            await decide(api, "olga", room, "bob", what, {"seconds": 60} if what == "ban" else None)
            assert await bob.closed() == NORMAL
            assert (await ann.until("user_left"))["user_id"] == "bob"
            await asyncio.sleep(10 * TICK_S)
            assert ann.incoming.empty(), "nobody walks on"

    within(story)


def test_who_is_not_in_is_told_nothing() -> None:
    async def story(api: Api) -> None:
        room = await a_room_with(api)
        for path, user, code in (
            (live(room), "ann", NOT_YOURS),
            (live("none"), "ann", NOT_FOUND),
        ):
            async with connected(api, path, user=user) as socket:
                assert await socket.closed() == code
        headers = api.token("shop", "service")
        async with connected(api, live(room), headers=headers) as socket:
            assert await socket.closed() == NOT_YOURS

    within(story)


def test_where_something_was_missed_the_state_is_told_anew() -> None:
    async def story(api: Api) -> None:
        room = await a_room_with(api, "ann")
        async with connected(api, live(room), user="ann") as ann:
            await ann.until("state")
            api.log.feed.lags = True
            await come(api, "bob", room)
            api.log.feed.late.clear()
            api.log.cut(f"+{room}")
            assert set(where(await ann.until("state"))) == {"ann", "bob"}
            api.log.feed.lags = False
            await ask(api, "bob", "POST", f"/{room}/leave")
            assert (await ann.until("user_left"))["user_id"] == "bob"

    within(story)


def test_who_missed_being_sent_out_is_told_so_by_the_next_look() -> None:
    async def story(api: Api) -> None:
        room = await a_room_with(api, "ann")
        async with connected(api, live(room), user="ann") as ann:
            await ann.until("state")
            api.log.feed.lags = True
            await decide(api, "olga", room, "ann", "kick")
            api.log.feed.late.clear()
            api.log.cut(f"+{room}")
            assert await ann.closed() == NORMAL

    within(story)


def test_a_fault_in_one_room_stops_no_other_and_not_its_own_next_ticks() -> None:
    async def story(api: Api) -> None:
        one, other = await a_room_with(api, "ann"), await a_room_with(api, "bob")
        walks = api.services.part(FakeWalks)
        walks.broken.add(one)
        async with (
            connected(api, live(one), user="ann") as ann,
            connected(api, live(other), user="bob") as bob,
        ):
            for each in (ann, bob):
                await each.until("state")
                await each.send("walk", path=tiles([[1, 0], [2, 0], [3, 0]]))
            assert await steps(bob, 3) == [{"bob": (1, 0)}, {"bob": (2, 0)}, {"bob": (3, 0)}]
            walks.broken.clear()
            assert await ann.until("user_moved") == {"user_id": "ann", "x": 3, "y": 0}
            await ann.send("walk", path=tiles([[2, 0]]))
            assert await steps(ann, 1) == [{"ann": (2, 0)}]

    within(story)


def test_who_closes_the_page_stands_where_they_came_to() -> None:
    async def story(api: Api) -> None:
        room = await a_room_with(api, "ann", "bob")
        async with connected(api, live(room), user="bob") as bob:
            await bob.until("state")
            async with connected(api, live(room), user="ann") as ann:
                await ann.until("state")
                await ann.send("walk", path=tiles([[1, 0], [2, 0], [3, 0]]))
                await steps(bob, 1)
            assert await bob.until("user_moved") == {"user_id": "ann", "x": 1, "y": 0}

    within(story)


def test_a_room_that_nobody_looks_at_takes_nothing_here() -> None:
    async def story(api: Api) -> None:
        room = await a_room_with(api, "ann")
        for _ in range(2):
            async with connected(api, live(room), user="ann") as ann:
                await ann.until("state")
                assert api.services.part(LoungeWalks).busy == 1
        assert api.services.part(LoungeWalks).busy == 0

    within(story)
