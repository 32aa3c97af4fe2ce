"""Streams of feeds while everything breaks, in small; the large one is `bench.feed`."""

import asyncio

from bench.feed import Load, World, tell
from tests.conftest import Hall


def test_each_stream_is_told_its_feed_once_and_in_order(empty: Hall) -> None:
    world = World(empty.settings, empty.environment)
    load = Load(people=12, streams=20, seconds=9, rate=60, day_s=6)
    with world.running():
        outcome = asyncio.run(tell(world, load))
    assert list(outcome.wrong) == []
    assert outcome.told > outcome.entries > 100
    assert outcome.visits > len({*outcome.happened}) == 5
