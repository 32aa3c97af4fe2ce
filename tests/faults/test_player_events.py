"""Kafka stalls, workers and servers are killed while games go on reporting; nothing that was
answered is lost, and nobody piles it up."""

import asyncio
import os
import random
import signal
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import psutil
import psycopg
import pytest
import redis

from interfaces.bootstrap.api import POSTGRES_CONNECTIONS
from tests.conftest import Hall
from tests.people import a_name, client_of, eventually, pid_of

MOST = 300 * 1024 * 1024
"""What the API may take of memory, whatever is sent to it."""

BATCH = 500
MANY = 1_000
RESTARTED = 120.0
"""Seconds that a server may take until it answers again, on a machine that is busy."""

AT_EASE = 0.05
"""Seconds between two reports of one game server, which leave the machine time for the others."""

CONSUMERS = ("event-archive", "player-statistics", "leaderboards")


def an_event(game: str, player: str, score: int) -> dict[str, Any]:
    return {
        "event_id": str(uuid.uuid4()),
        "event_type": "player_score",
        "player_id": player,
        "game_id": game,
        "timestamp": datetime.now(UTC).isoformat(),
        "data": {"score": score},
    }


@pytest.fixture
async def client(hall: Hall) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(hall) as client:
        yield client


@pytest.mark.timeout(180)
async def test_a_stalled_kafka_is_answered_503_and_fills_no_memory(
    hall: Hall, client: httpx.AsyncClient
) -> None:
    api, kafka, game = psutil.Process(pid_of(hall, "api")), pid_of(hall, "kafka"), a_name("game")
    batch = [an_event(game, "ada", 1) for _ in range(BATCH)]
    for event in batch:
        event["data"]["text"] = "x" * 1_500  # the largest batch there may be, or nearly
    answers: Counter[int] = Counter()
    taken = []

    async def report() -> None:
        answer = await client.post("/api/v1/events/batch", json=batch, headers=hall.service())
        answers[answer.status_code] += 1
        taken.append(api.memory_info().rss)

    os.kill(kafka, signal.SIGSTOP)
    try:
        for _ in range(5):
            async with asyncio.TaskGroup() as group:
                for _ in range(60):
                    group.create_task(report())
    finally:
        os.kill(kafka, signal.SIGCONT)
    assert set(answers) <= {503, 429}, answers
    assert answers[503]
    assert max(taken) < MOST, f"{max(taken) / 2**20:.0f} MiB"

    async def again() -> int:
        one = an_event(game, "ada", 1)
        return (await client.post("/api/v1/events", json=one, headers=hall.service())).status_code

    await eventually(again, lambda status: status == 200)


class Reporters:
    """Game servers that report, and repeat what was not answered, until they are told to stop."""

    def __init__(self, hall: Hall, client: httpx.AsyncClient) -> None:
        self.game = a_name("game")
        self.players = [a_name("player") for _ in range(20)]
        self.events: dict[str, dict[str, Any]] = {}
        self.stopped = asyncio.Event()
        self.answered = 0
        self._more = asyncio.Event()
        self._hall = hall
        self._client = client

    async def work(self) -> None:
        while not self.stopped.is_set():
            events = [an_event(self.game, random.choice(self.players), 1) for _ in range(20)]
            self.events.update({event["event_id"]: event for event in events})
            await eventually(partial(self._said_yes, events), bool, RESTARTED, AT_EASE)
            self.answered += len(events)
            self._more.set()
            await asyncio.sleep(AT_EASE)

    async def go_on(self) -> None:
        """Wait until some more events have been answered."""
        enough = self.answered + MANY
        while self.answered < enough:
            self._more.clear()
            await self._more.wait()

    async def _said_yes(self, events: list[dict[str, Any]]) -> bool:
        try:
            answer = await self._client.post(
                "/api/v1/events/batch", json=events, headers=self._hall.service()
            )
        except httpx.TransportError:
            return False
        return answer.status_code == 200

    @property
    def counts(self) -> Counter[str]:
        """How many events of each player there are, and so their scores."""
        return Counter(event["player_id"] for event in self.events.values())

    async def archived(self) -> dict[str, int]:
        """How often each event is in the archive."""
        query = "SELECT event_id::text, count(*) FROM events WHERE game_id = %s GROUP BY event_id"
        try:
            async with await psycopg.AsyncConnection.connect(self._hall.postgres) as connection:
                return dict(await (await connection.execute(query, [self.game])).fetchall())
        except psycopg.OperationalError:  # it has yet to come back
            return {}

    async def scores(self) -> dict[str, int]:
        board = await self._ask(f"games/{self.game}/leaderboard?limit=100")
        return {entry["player_id"]: entry["score"] for entry in board.get("entries", ())}

    async def totals(self) -> dict[str, int]:
        found = [await self._ask(f"player/{player}/stats") for player in self.players]
        return {each["player_id"]: each["total_events"] for each in found if "player_id" in each}

    async def _ask(self, path: str) -> Any:
        return (await self._client.get(f"/api/v1/{path}", headers=self._hall.service())).json()

    async def all_count_once(self) -> None:
        """Wait until every event that was answered is everywhere, and nowhere twice."""
        once = dict.fromkeys(self.events, 1)
        archived = await eventually(
            self.archived, lambda rows: len(rows) >= len(once), RESTARTED, AT_EASE
        )
        assert archived == once
        for ask in (self.scores, self.totals):
            await eventually(ask, lambda found: found == self.counts, RESTARTED, AT_EASE)


@asynccontextmanager
async def reporting(hall: Hall, client: httpx.AsyncClient) -> AsyncIterator[Reporters]:
    """Game servers report during the block; after it, all that they were answered is there."""
    reporters = Reporters(hall, client)
    async with asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(reporters.work())
        yield reporters
        await reporters.go_on()
        reporters.stopped.set()
    await reporters.all_count_once()


async def kill(hall: Hall, name: str) -> None:
    """At once, as if its machine lost power; the supervisor starts it again."""
    os.kill(await asyncio.to_thread(pid_of, hall, name), signal.SIGKILL)


@pytest.mark.timeout(180)
async def test_whatever_is_killed_every_answered_event_is_there_once(
    hall: Hall, client: httpx.AsyncClient
) -> None:
    async with reporting(hall, client):
        for name in (*CONSUMERS, "api", *CONSUMERS):
            await asyncio.sleep(random.uniform(0.2, 1.0))
            await kill(hall, name if name == "api" else f"worker-{name}")


@pytest.mark.timeout(400)
@pytest.mark.parametrize("server", ["kafka", "postgres", "valkey"])
async def test_whichever_server_dies_every_answered_event_is_there_once(
    server: str, hall: Hall, client: httpx.AsyncClient
) -> None:
    async with reporting(hall, client) as reporters:
        await reporters.go_on()
        await kill(hall, server)


async def test_a_redis_that_is_emptied_is_filled_again(
    hall: Hall, client: httpx.AsyncClient
) -> None:
    async with reporting(hall, client) as reporters:
        await reporters.go_on()
        with redis.Redis.from_url(hall.redis) as emptied:
            emptied.flushall()


async def test_the_first_to_ask_after_postgresql_came_back_are_answered(
    hall: Hall, client: httpx.AsyncClient
) -> None:
    async def ask(path: str) -> int:
        return (await client.get(f"/api/v1/{path}", headers=hall.service())).status_code

    async def answers() -> set[int]:
        """Of an export, and about nobody, of as many at once as there are connections."""
        exported = await ask("events/export?player_id=nobody")
        counted = [ask("player/nobody/stats") for _ in range(POSTGRES_CONNECTIONS)]
        return {exported, *await asyncio.gather(*counted)}

    async def serves() -> bool:
        try:
            await (await psycopg.AsyncConnection.connect(hall.postgres)).close()
        except psycopg.OperationalError:
            return False
        return True

    assert await eventually(answers, lambda statuses: statuses == {200, 404})
    await kill(hall, "postgres")
    await eventually(serves, lambda there: not there)
    await eventually(serves, bool, RESTARTED)
    assert await answers() == {200, 404}
