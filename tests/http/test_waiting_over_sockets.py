import asyncio
from contextlib import AsyncExitStack
from typing import cast

import pytest

from application.ports.commands import Envelope
from application.waitroom.presence import Sightings
from domain.waitroom.commands import CompleteCheckout
from domain.waitroom.orders import ExtendCheckout
from interfaces.http.platform import channel, shared_feeds
from interfaces.http.waitroom import room_feeds, room_places
from interfaces.http.waitroom import socket as queue
from interfaces.http.waitroom.room_feeds import RoomFeeds
from projections.projection import ReadModelMissing
from projections.waitroom.queue import QueuePlace
from tests.http.conftest import Api
from tests.http.fakes.listening import FakeListening
from tests.http.fakes.waitroom import leave
from tests.http.socket_client import connected


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "LOOK_INTERVAL_S", 0.05)
    monkeypatch.setattr(room_places, "LOOK_INTERVAL_S", 0.05)
    monkeypatch.setattr(queue, "NEW_SESSION_TIMEOUT_S", 0.1)


async def session_of(api: Api, user: str) -> str:
    return str((await api.join(user)).json()["session_id"])


def live(session: str) -> str:
    return f"/api/v1/waitroom/sessions/{session}/live"


async def test_a_place_is_told_whenever_it_changes_and_at_once_when_it_is_ready(api: Api) -> None:
    await api.open()
    first, second, third = [await session_of(api, user) for user in ("ann", "ben", "cem")]
    async with connected(api, live(third), user="cem") as socket:
        place = await socket.until("position")
        assert (place["position"], place["people_ahead"], place["status"]) == (2, 1, "waiting")
        await leave(api.log, "concert", second)
        assert (await socket.until("position"))["position"] == 1
        complete = CompleteCheckout(event_id="concert", session_id=first)
        await api.log.execute(Envelope(command_id="done", command=complete))
        ready = await socket.until("ready")
        assert (ready["status"], ready["position"]) == ("ready", 0)
        assert ready["deadline"]


async def test_a_session_is_seen_as_long_as_its_socket_is_open(api: Api) -> None:
    await api.open()
    session = await session_of(api, "ann")
    seen = api.services.part(Sightings).by_room
    async with connected(api, live(session)) as socket:
        await socket.until("ready")
        for _ in range(2):
            seen.clear()
            await eventually_seen(seen, session)


async def eventually_seen(seen: dict[str, set[str]], session: str) -> None:
    async with asyncio.timeout(10):
        while session not in seen.get("concert", ()):  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.01)


async def test_a_session_that_is_over_ends_its_socket(api: Api) -> None:
    await api.open()
    session = await session_of(api, "ann")
    async with connected(api, live(session)) as socket:
        await socket.until("ready")
        await asyncio.sleep(0.02)
        await leave(api.log, "concert", session)
        assert (await socket.until("ended"))["status"] == "left"
        assert await socket.closed() == channel.NORMAL


async def test_ready_is_told_by_the_log_even_where_the_read_model_is_behind(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.open()
    first, second = await session_of(api, "ann"), await session_of(api, "ben")
    stale = await api.queue.session(second)

    async def behind(session_id: str) -> QueuePlace | None:
        return stale

    monkeypatch.setattr(api.queue, "session", behind)
    async with connected(api, live(second), user="ben") as socket:
        await socket.until("position")
        await asyncio.sleep(0.02)
        await leave(api.log, "concert", first)
        await socket.until("ready")
        await asyncio.sleep(0.15)
        assert socket.incoming.empty(), "it never goes back to waiting"


async def test_more_time_is_told_and_never_taken_back_by_a_read_model_that_is_behind(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.open()
    session = await session_of(api, "ann")
    stale = await api.queue.session(session)

    async def behind(session_id: str) -> QueuePlace | None:
        return stale

    monkeypatch.setattr(api.queue, "session", behind)
    async with connected(api, live(session)) as socket:
        told = (await socket.until("ready"))["deadline"]
        await asyncio.sleep(0.02)
        extend = ExtendCheckout(event_id="concert", session_id=session, seconds=60, by="olga")
        await api.log.execute(Envelope(command_id="longer", command=extend))
        assert (await socket.until("ready"))["deadline"] > told
        await asyncio.sleep(0.15)
        assert socket.incoming.empty()


async def test_ready_is_told_by_the_read_model_where_the_log_was_missed(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.open()
    first, second = await session_of(api, "ann"), await session_of(api, "ben")
    async with connected(api, live(second), user="ben") as socket:
        await socket.until("position")
        api.log.cut("concert")
        await leave(api.log, "concert", first)
        await socket.until("ready")


async def test_who_is_in_line_no_more_is_looked_at_at_once_where_the_log_was_missed(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "LOOK_INTERVAL_S", 60)
    monkeypatch.setattr(shared_feeds, "RESUBSCRIBE_DELAY_S", 60)
    await api.open()
    first, second = await session_of(api, "ann"), await session_of(api, "ben")
    async with connected(api, live(second), user="ben") as socket:
        await socket.until("position")
        await asyncio.sleep(0.02)
        api.log.cut("concert")
        await leave(api.log, "concert", first)
        await socket.until("ready")


@pytest.mark.parametrize("looks", [1, 0])
async def test_after_a_cut_as_many_look_at_once_as_the_read_model_has_time_for(
    api: Api, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    monkeypatch.setattr(queue, "LOOK_INTERVAL_S", 60)
    monkeypatch.setattr(shared_feeds, "RESUBSCRIBE_DELAY_S", 0.02)
    monkeypatch.setattr(room_feeds, "LOOKS_PER_SECOND", looks)
    await api.open()
    session = await session_of(api, "ann")
    async with connected(api, live(session)) as socket:
        told = (await socket.until("ready"))["deadline"]
        await asyncio.sleep(0.02)
        api.log.cut("concert")
        extend = ExtendCheckout(event_id="concert", session_id=session, seconds=60, by="olga")
        await api.log.execute(Envelope(command_id="longer", command=extend))
        if looks:
            assert (await socket.until("ready"))["deadline"] > told
        await asyncio.sleep(0.1)
        assert socket.incoming.empty()
        await leave(api.log, "concert", session)
        assert (await socket.until("ended"))["status"] == "left", "and it is heard as before"


async def test_a_session_is_watched_by_its_owner(api: Api) -> None:
    await api.open()
    session = await session_of(api, "ann")
    async with connected(api, live(session), user="eve") as socket:
        assert await socket.closed() == channel.NOT_YOURS
    shop = api.token("shop", "service")
    async with connected(api, live(session), headers=shop) as socket:
        await socket.until("ready")


async def test_there_is_nothing_to_watch_where_there_is_no_session(api: Api) -> None:
    async with connected(api, live("nobody")) as socket:
        assert await socket.closed() == channel.NOT_FOUND


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ReadModelMissing("The read model 'waitroom' is being built."), channel.TRY_LATER),
        (ValueError("nobody foresaw this"), channel.WENT_WRONG),
    ],
)
async def test_a_session_that_cannot_be_looked_up_ends_its_socket(
    api: Api, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    async def failing(session_id: str) -> QueuePlace | None:
        raise error

    monkeypatch.setattr(api.queue, "session", failing)
    async with connected(api, live("anything")) as socket:
        assert await socket.closed() == code


async def test_a_read_model_that_fails_is_asked_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.open()
    await session_of(api, "ann")
    second, third = await session_of(api, "ben"), await session_of(api, "cem")
    look_up, calls = api.queue.session, 0

    async def failing(session_id: str) -> QueuePlace | None:
        nonlocal calls
        calls += 1
        if calls in (2, 3):
            raise ConnectionError("away")
        return await look_up(session_id)

    monkeypatch.setattr(api.queue, "session", failing)
    async with connected(api, live(third), user="cem") as socket:
        await socket.until("position")
        await leave(api.log, "concert", second)
        assert (await socket.until("position"))["position"] == 1


async def test_a_room_is_listened_to_once_however_many_watch(api: Api) -> None:
    await api.open()
    first, second = await session_of(api, "ann"), await session_of(api, "ben")
    async with (
        connected(api, live(first)) as ann,
        connected(api, live(first)) as ann_too,
        connected(api, live(second), user="ben") as ben,
    ):
        for socket, message in ((ann, "ready"), (ann_too, "ready"), (ben, "position")):
            await socket.until(message)
        await asyncio.sleep(0.02)
        assert api.log.subscriptions("concert") == 1
        assert api.services.part(RoomFeeds).watchers == 3

    await asyncio.sleep(0.02)
    assert api.log.subscriptions("concert") == 0
    assert api.services.part(RoomFeeds).watchers == 0


async def test_a_queue_socket_answers_pings_and_nothing_else(api: Api) -> None:
    await api.open()
    session = await session_of(api, "ann")
    async with connected(api, live(session)) as socket:
        await socket.send("ping")
        await socket.until("pong")
        await socket.send("pong")
        await socket.send_text("nonsense")
        assert (await socket.until("error"))["type"].endswith("malformed-json")


async def test_the_places_of_a_room_are_one_question_for_all_its_sockets(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "LOOK_INTERVAL_S", 60)
    await api.open()
    first, *others = [await session_of(api, f"user-{n}") for n in range(5)]
    asked: list[list[str]] = []
    places = api.queue.places

    async def counted(event_id: str, sessions: list[str]) -> list[int]:
        asked.append(sessions)
        return await places(event_id, sessions)

    monkeypatch.setattr(api.queue, "places", counted)
    async with AsyncExitStack() as held:
        opened = [connected(api, live(s), user=f"user-{n}") for n, s in enumerate(others, 1)]
        sockets = [await held.enter_async_context(each) for each in opened]
        for position, socket in enumerate(sockets, 1):
            assert (await socket.until("position"))["position"] == position
        await leave(api.log, "concert", first)
        assert (await sockets[0].until("ready"))["status"] == "ready"
        for position, socket in enumerate(sockets[1:], 1):
            assert (await socket.until("position"))["position"] == position
    assert any(sorted(each) == sorted(others) for each in asked)


async def test_a_read_model_that_is_away_is_looked_at_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "LOOK_INTERVAL_S", 60)
    await api.open()
    _, second, third = [await session_of(api, user) for user in ("ann", "ben", "cem")]
    places, refusals = api.queue.places, iter([ReadModelMissing("It is being built.")])

    async def missing_first(event_id: str, sessions: list[str]) -> list[int]:
        for refusal in refusals:
            raise refusal
        return await places(event_id, sessions)

    monkeypatch.setattr(api.queue, "places", missing_first)
    async with connected(api, live(third), user="cem") as socket:
        assert (await socket.until("position"))["position"] == 2
        await leave(api.log, "concert", second)
        assert (await socket.until("position"))["position"] == 1


async def test_who_waits_is_told_what_their_room_and_they_themselves_are_told(api: Api) -> None:
    listening = cast("FakeListening", api.services.listening)
    await api.open()
    session = await session_of(api, "ann")
    async with connected(api, live(session), user="ann") as socket:
        await socket.until("ready")
        for channel in ("ann", "/room/concert"):
            listening.tell(channel, '{"id":"msg_1","text":"soon"}')
            assert await socket.until("told") == {"id": "msg_1", "text": "soon"}
        assert listening.tell("ben", "{}") == listening.tell("/room/other", "{}") == 0
    assert not listening.channels, "nobody is left"


async def test_an_operator_is_not_told_what_a_player_of_the_same_id_is(api: Api) -> None:
    listening = cast("FakeListening", api.services.listening)
    await api.open()
    session = await session_of(api, "ann")
    operator = api.token("ann", "admin")
    async with connected(api, live(session), headers=operator) as socket:
        await socket.until("ready")
        assert listening.channels == {"/room/concert"}
