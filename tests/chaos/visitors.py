"""A crowd that goes on through every fault, and can tell when it is served again."""

import asyncio
import itertools
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager

import aiohttp

from tests.chaos.clients import (
    PATIENCE_S,
    SUBJECT,
    Clients,
    Request,
    a_game,
    command,
    in_every_shard,
    join,
    start_game,
)
from tests.chaos.journal import differences
from tests.chaos.world import Api, World
from tests.people import a_name

CROWD = 8
"""Visitors at a time, each with one command on its way."""

MANY = 200
"""Answers after which everything is in full swing."""

BACK_TIMEOUT_S = 10.0
"""So many seconds after the last fault, every shard answers again."""

LONGEST_WAIT_S = 60.0
"""Seconds after which nobody waits to see how long it takes."""

logger = logging.getLogger(__name__)


class Visitors:
    """People who join rooms and play games, in every shard."""

    def __init__(self, world: World, clients: Clients) -> None:
        self._world = world
        self._clients = clients
        self._partitions = world.hall.settings.log_partitions
        self._rooms = in_every_shard("concert", self._partitions)

    async def come(self) -> None:
        """The rooms open."""
        # With two at a time for two seconds, owners have deadlines to meet while they are hit.
        terms = {"command": "waitroom.open", "capacity": 2, "checkout_seconds": 2}
        openings = [command({**terms, "event_id": room}) for room in self._rooms]
        await asyncio.gather(*map(self._clients.settle, openings))

    async def go_on(self, stopped: asyncio.Event) -> None:
        """One of them, until everybody stops."""
        for request in self._requests():
            if stopped.is_set():
                return
            await self._clients.settle(request)

    def _requests(self) -> Iterator[Request]:
        for room in itertools.cycle(self._rooms):
            yield join(room)
            yield join(a_name("nowhere"), refusal="waitroom-not-found")
            yield from a_game(a_name("game"))

    async def are_many(self) -> None:
        """Wait until everything is in full swing."""
        goal = len(self._clients.journal.answers) + MANY
        async with asyncio.timeout(LONGEST_WAIT_S):
            while len(self._clients.journal.answers) < goal:  # noqa: ASYNC110  others count it up
                await asyncio.sleep(0.05)

    async def survive(self, *faults: Callable[[], None], asking: Sequence[Api] = ()) -> None:
        """After these faults, every shard answers in time at each of some processes, or of all."""
        for fault in faults:
            fault()
        since = time.monotonic()
        await self._answered([(api, r) for api in self._or_all(asking) for r in self._one_each()])
        seconds = time.monotonic() - since
        logger.info("%s: every shard answers after %.1f s", [f.__name__ for f in faults], seconds)
        assert seconds < BACK_TIMEOUT_S, f"every shard answers again, but after {seconds:.1f} s"

    @asynccontextmanager
    async def turned_away(self) -> AsyncIterator[None]:
        """During the block no shard answers, and says so; afterwards the same requests are."""
        requests = [(api, request) for api in self._world.apis for request in self._one_each()]
        answers = await asyncio.gather(*(self._clients.ask(a.url, r) for a, r in requests))
        assert set(answers) == {None}, "a command was answered that could not be kept"
        yield
        await self._answered(requests)

    def _or_all(self, apis: Sequence[Api]) -> Sequence[Api]:
        return apis or self._world.apis

    def _one_each(self) -> list[Request]:
        """Something new for every shard."""
        games = in_every_shard("game", self._partitions)
        return [*map(join, self._rooms), *map(start_game, games)]

    async def _answered(self, requests: Sequence[tuple[Api, Request]]) -> None:
        async with asyncio.timeout(LONGEST_WAIT_S):
            await asyncio.gather(*(self._clients.settle(r, api.url) for api, r in requests))


@asynccontextmanager
async def visiting(world: World) -> AsyncIterator[Visitors]:
    """Visitors during the block; after it the log has to hold what they were told."""
    token = world.hall.tokens.issue(SUBJECT, "service")
    async with aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {token}"},
        connector=aiohttp.TCPConnector(limit=0),
        timeout=aiohttp.ClientTimeout(PATIENCE_S),
    ) as http:
        clients = Clients(http, [api.url for api in world.apis])
        visitors = Visitors(world, clients)
        await visitors.come()
        stopped = asyncio.Event()
        async with asyncio.TaskGroup() as crowd:
            for _ in range(CROWD):
                crowd.create_task(visitors.go_on(stopped))
            try:
                await visitors.are_many()
                yield visitors
                await visitors.are_many()
            finally:
                stopped.set()
    journal = clients.journal
    logger.info("%d answers, %d repetitions", len(journal.answers), journal.repetitions)
    assert differences(journal, await asyncio.to_thread(world.read_log)) == []
