"""Open sockets are told at once, in every process, and nobody counts who is not there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import NamedTuple
from uuid import uuid4

import msgspec
import pytest
from redis.asyncio import Redis

from application.effects.receivers import NotTold, PerhapsTold
from application.ports.commands import Unavailable
from application.ports.listening import OnlineStatus, channel_of_room
from domain.effects.actions import SocketMessage
from infra.effects.socket import SocketMessages
from infra.effects.telling import TellingInRedis
from infra.listening import Hear, ListeningInRedis, WhoIsOnlineInRedis
from tests.conftest import Hall, free_port
from tests.effects.adapters.wires import wire_to
from tests.effects.given import an_effect

LAST = "you are in line"


class Process(NamedTuple):
    telling: TellingInRedis
    listening: ListeningInRedis

    def heard(self, channels: list[str], hear: Hear) -> AbstractContextManager[None]:
        return self.listening.heard(channels, hear)

    async def tell(self, channel: str, payload: str) -> int:
        return await self.telling.tell(channel, payload)


@asynccontextmanager
async def a_process(hall: Hall) -> AsyncIterator[Process]:
    """A process of the API that follows what is told."""
    redis = Redis.from_url(hall.redis, decode_responses=True)
    listening = ListeningInRedis(redis)
    following = asyncio.create_task(listening.follow())
    yield Process(TellingInRedis(redis), listening)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)
    await redis.aclose()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  what it waits for is another's
            await asyncio.sleep(0.005)


async def told_to(telling: Process, channel: str, processes: int) -> None:
    """Tell until so many processes hear it, which they do a moment after they began to listen."""
    async with asyncio.timeout(10):
        while await telling.tell(channel, "are you there?") != processes:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def test_every_process_in_which_somebody_listens_hears_it(servers: Hall) -> None:
    channel, other = str(uuid4()), str(uuid4())
    heard: list[list[str]] = [[], [], [], []]
    async with a_process(servers) as one, a_process(servers) as two, a_process(servers) as three:
        with (
            one.heard([channel], heard[0].append),
            one.heard([channel, other], heard[1].append),
            two.heard([channel], heard[2].append),
            three.heard([other], heard[3].append),
        ):
            await told_to(three, channel, 2)
            await told_to(three, other, 2)
            assert await three.tell(channel, LAST) == 2
            await until(lambda: all(LAST in each for each in heard[:3]))
            assert [each.count(LAST) for each in heard] == [1, 1, 1, 0]
        await told_to(three, channel, 0)


async def test_who_listens_again_after_redis_has_forgotten_all_is_told_again(
    servers: Hall,
) -> None:
    channel = channel_of_room(str(uuid4()))
    heard: list[str] = []
    async with a_process(servers) as one:
        with one.heard([channel], heard.append):
            await told_to(one, channel, 1)
            async with Redis.from_url(servers.redis) as redis:
                await redis.client_kill_filter(_type="pubsub")
            # What is told to a connection that is being killed counts as heard, and is missed.
            async with asyncio.timeout(10):
                while LAST not in heard:
                    await one.tell(channel, LAST)
                    await asyncio.sleep(0.005)


@pytest.mark.parametrize("action", [SocketMessage(person="p", text="t"), SocketMessage(room="r")])
async def test_a_rule_tells_a_person_or_a_room(servers: Hall, action: SocketMessage) -> None:
    heard: list[str] = []
    channel = "p" if action.person else "/room/r"
    async with a_process(servers) as one:
        messages = SocketMessages(one.telling)
        nobody = await messages.perform(an_effect(action))
        assert (nobody.outcome, nobody.reason, nobody.again) == (
            "rejected",
            "nobody is there",
            False,
        )
        with one.heard([channel], heard.append):
            await told_to(one, channel, 1)
            assert (await messages.perform(an_effect(action))).outcome == "accepted"
            await until(lambda: heard and heard[-1] != "are you there?")
        told = msgspec.json.decode(heard[-1])
        assert told.keys() == {"id", "text"}, "nothing of what happened, to who it is not about"
        assert told["text"] == action.text


async def test_where_redis_is_away_nobody_is_told(servers: Hall) -> None:
    away = TellingInRedis(Redis.from_url(f"redis://127.0.0.1:{free_port(1)}"), 0.5)
    with pytest.raises(NotTold):
        await away.tell("p", "t")
    port = servers.settings.redis_port
    assert port is not None
    with wire_to(servers.redis, port) as (network, address):
        redis = Redis.from_url(address)
        telling = TellingInRedis(redis, 0.5)
        await telling.tell("p", "t")
        network.fall_silent()
        with pytest.raises(PerhapsTold):
            await telling.tell("p", "t")
        delivery = await SocketMessages(telling).perform(an_effect(SocketMessage(person="p")))
        assert delivery.again
        await redis.aclose()


def deaf(_told: str) -> None:
    """Listen, and do nothing with it."""


async def test_whoever_listens_at_any_process_is_there_and_nobody_else(
    servers: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.listening.LEADING_ON_S", 0.0)
    ada, bob = uuid4().hex, uuid4().hex
    async with Redis.from_url(servers.redis, decode_responses=True) as redis:
        presence = WhoIsOnlineInRedis(redis)
        assert await presence.look([]) == {}
        assert (await presence.look([ada]))[ada] == OnlineStatus(online=False, last=None)
        async with a_process(servers) as one, a_process(servers) as other:
            with one.heard([ada], deaf), other.heard([ada, bob], deaf):
                await told_to(one, ada, processes=2)
                there = await presence.look([bob, ada])
                assert [there[each].online for each in (bob, ada)] == [True, True]
            with one.heard([ada], deaf):
                await told_to(one, bob, processes=0)
                assert (await presence.look([ada]))[ada].online
        left = (await presence.look([ada]))[ada]  # with the processes
        assert not left.online
        assert left.last is not None
        assert (await presence.forget(ada), await presence.forget(ada)) == (1, 0)
        assert (await presence.look([ada]))[ada] == OnlineStatus(online=False, last=None)


async def test_whoever_left_a_moment_ago_may_be_on_the_way_to_the_next_page(servers: Hall) -> None:
    ada = uuid4().hex
    async with (
        Redis.from_url(servers.redis, decode_responses=True) as redis,
        a_process(servers) as one,
    ):
        with one.heard([ada], deaf):
            await told_to(one, ada, processes=1)
        await told_to(one, ada, processes=0)
        assert (await WhoIsOnlineInRedis(redis).look([ada]))[ada].online


async def test_who_is_there_is_not_known_without_redis() -> None:
    async with Redis(port=free_port()) as nobody:
        with pytest.raises(Unavailable, match="Who is there cannot be looked up"):
            await WhoIsOnlineInRedis(nobody).look(["ada"])
        with pytest.raises(Unavailable, match="cannot be deleted"):
            await WhoIsOnlineInRedis(nobody).forget("ada")
