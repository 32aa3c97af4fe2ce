"""Brokers, owners and the network between them fail; what was answered is true, and it goes on.

Each broker leads a third of the shards. The one that is hit keeps the group of owners too, so that
nobody can be told by the group, for a while, that an owner has gone.
"""

import asyncio

import pytest

from tests.chaos.visitors import visiting
from tests.chaos.world import World

pytestmark = pytest.mark.timeout(400)  # faults take as long as clients take to notice them


async def test_a_broker_is_killed(world: World) -> None:
    async with visiting(world) as visitors:
        broker = world.keeper()
        await visitors.survive(broker.kill)
        await visitors.survive(broker.start)


async def test_a_broker_freezes(world: World) -> None:
    async with visiting(world) as visitors:
        broker = world.keeper()
        await visitors.survive(broker.freeze)
        await visitors.survive(broker.thaw)


async def test_an_owner_is_killed(world: World) -> None:
    async with visiting(world) as visitors:
        await visitors.survive(world.wired.kill, asking=[world.other])
        world.wired.start()
        await asyncio.to_thread(world.wired.await_ready)
        await visitors.survive()


async def test_an_owner_freezes(world: World) -> None:
    async with visiting(world) as visitors:
        await visitors.survive(world.wired.freeze, asking=[world.other])
        await visitors.survive(world.wired.thaw)


async def test_a_broker_and_an_owner_are_killed(world: World) -> None:
    async with visiting(world) as visitors:
        broker = world.keeper()
        await visitors.survive(broker.kill, world.wired.kill, asking=[world.other])
        await visitors.survive(broker.start, world.wired.start, asking=[world.other])
        await asyncio.to_thread(world.wired.await_ready)
        await visitors.survive()


async def test_a_broker_and_an_owner_freeze(world: World) -> None:
    async with visiting(world) as visitors:
        broker = world.keeper()
        await visitors.survive(broker.freeze, world.wired.freeze, asking=[world.other])
        await visitors.survive(broker.thaw, world.wired.thaw)


async def test_the_network_between_an_owner_and_the_brokers_falls_silent(world: World) -> None:
    async with visiting(world) as visitors:
        await visitors.survive(world.network.fall_silent, asking=[world.other])
        await asyncio.to_thread(world.wired.await_cut_off)
        await visitors.survive(world.network.heal)  # now arrives what the owner sent before


async def test_the_network_between_an_owner_and_the_brokers_breaks(world: World) -> None:
    async with visiting(world) as visitors:
        await visitors.survive(world.network.reset, asking=[world.other])
        await asyncio.to_thread(world.wired.await_cut_off)
        await visitors.survive(world.network.heal)


async def test_too_few_brokers_are_left_to_keep_anything(world: World) -> None:
    async with visiting(world) as visitors:
        for broker in world.cluster.brokers[1:]:
            broker.kill()
        async with visitors.turned_away():
            for broker in world.cluster.brokers[1:]:
                broker.start()
            await asyncio.to_thread(world.cluster.await_answers)
        await visitors.survive()
