"""When queries are not ready, because a read model is behind."""

from types import SimpleNamespace
from typing import Any

import pytest

from domain.events import Position
from interfaces.bootstrap.readiness import Trail, built, not_behind
from projections.projection import ReadModelMissing

MOST_S = 30.0


class World:
    """A log of two shards, a read model that shows some of it, and a clock."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.shown = [0, 0]
        self.shards: Any = [
            SimpleNamespace(topic="log", partition=n, gate=SimpleNamespace(next_seq=0))
            for n in (0, 1)
        ]
        self.check = not_behind(Trail(self.shards, self._shows, lambda: self.now), MOST_S)

    async def _shows(self, position: Position) -> bool:
        return self.shown[position.partition] > position.seq

    def happens(self, shard: int) -> None:
        self.shards[shard].gate.next_seq += 1

    def catches_up(self) -> None:
        self.shown = [shard.gate.next_seq for shard in self.shards]

    async def after(self, seconds: float) -> str | None:
        self.now += seconds
        return await self.check()


@pytest.fixture
def world() -> World:
    return World()


async def test_nothing_is_behind_where_nothing_happens(world: World) -> None:
    assert await world.after(0) is None
    assert await world.after(10 * MOST_S) is None


@pytest.mark.parametrize("shard", [0, 1])
async def test_who_shows_nothing_new_is_behind_after_its_time(world: World, shard: int) -> None:
    world.happens(shard)
    assert await world.after(1) is None
    assert await world.after(MOST_S) is None
    assert await world.after(1) == "behind the log"
    world.catches_up()
    assert await world.after(0) is None


async def test_who_shows_events_late_but_in_time_is_never_behind(world: World) -> None:
    for _ in range(10):
        world.happens(0)
        assert await world.after(1) is None
        world.catches_up()
        world.happens(1)
        assert await world.after(MOST_S - 1) is None
        world.catches_up()


class Queries:
    """A read model that is there, or not yet."""

    is_there = False

    async def wait_for(self, position: Position, timeout: float) -> bool:  # noqa: ASYNC109
        if not self.is_there:
            raise ReadModelMissing("The read model is being built.")
        return True


async def test_what_is_being_built_is_not_ready(world: World) -> None:
    queries = Queries()
    check = built(queries, world.check)

    assert await check() == "is being built"
    queries.is_there = True
    assert await check() is None
