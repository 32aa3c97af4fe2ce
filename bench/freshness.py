"""How soon an answered event shows: in PostgreSQL, in a player's statistics, on a leaderboard.

    GAMEHALL_EVENTS_PER_SECOND=0 make run    # in one terminal
    .venv/bin/python -m bench.freshness      # in another

While others report at a fixed rate, a probe reports an event of a player of its own every few
milliseconds, and from its answer on asks each store again and again until the event is there.
"""

import asyncio
import itertools
import os
import time
import uuid
from collections.abc import Awaitable, Callable
from statistics import median

import httpx
import psycopg_pool
import rich_click as click
import uvloop
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from bench.hall import Hall
from bench.ingest import SINGLE, an_event, singles
from bench.load import at_rate

ASK_EVERY = 0.002
PATIENCE = 10.0

Ask = Callable[[str], Awaitable[bool]]
"""Whether a player's event shows."""


@click.command()
@click.option("--rate", default=2_000, show_default=True, help="Events a second of the others.")
@click.option("--seconds", default=20.0, show_default=True)
@click.option("--every", default=25, show_default=True, help="Milliseconds between probes.")
@click.option("--warm-up", default=15.0, show_default=True)
def main(rate: int, seconds: float, every: int, warm_up: float) -> None:
    """Measure the time from an event's answer until it shows."""
    hall = Hall()
    uvloop.run(at_rate(hall.host, hall.port, singles(hall.host, hall.token), rate, warm_up))
    waits, load = uvloop.run(measure(hall, rate, seconds, every / 1_000))
    table = Table(title=f"from answer to visible, {rate:,} events a second")
    for column in ("where", "probes", "p50 ms", "p99 ms", "max ms"):
        table.add_column(column, justify="right")
    for where, each in waits.items():
        ordered = sorted(1_000 * wait for wait in each)
        p99 = ordered[int(len(ordered) * 0.99)]
        row = f"{median(ordered):.1f}", f"{p99:.1f}", f"{ordered[-1]:.1f}"
        table.add_row(where, f"{len(ordered)}", *row)
    console = Console()
    console.print(table)
    console.print(f"the others: {load.row()}")
    console.print(f"cores: {os.cpu_count()}, everything on this machine")


async def measure(hall: Hall, rate: int, seconds: float, every: float):  # type: ignore[no-untyped-def]
    requests = singles(hall.host, hall.token)
    async with (
        httpx.AsyncClient(
            base_url=hall.settings.base_url, headers={"Authorization": f"Bearer {hall.token}"}
        ) as client,
        psycopg_pool.AsyncConnectionPool(hall.settings.postgres_dsn, min_size=4) as pool,
        Redis.from_url(hall.settings.redis_url, decode_responses=True) as redis,
    ):
        asks = askers(pool, redis)
        waits: dict[str, list[float]] = {name: [] for name in asks}
        others = asyncio.create_task(at_rate(hall.host, hall.port, requests, rate, seconds))
        async with asyncio.TaskGroup() as group:
            for number in itertools.takewhile(lambda _: not others.done(), itertools.count()):
                group.create_task(probe(client, f"probe-{number}-{uuid.uuid4()}", asks, waits))
                await asyncio.sleep(every)
        return waits, await others


def askers(pool, redis: "Redis") -> dict[str, Ask]:  # type: ignore[no-untyped-def]
    async def row(player: str) -> bool:
        query = "SELECT 1 FROM events WHERE player_id = %s"
        async with pool.connection() as connection:
            return await (await connection.execute(query, [player])).fetchone() is not None

    async def statistics(player: str) -> bool:
        live = await redis.get("projection:player-statistics")
        return bool(await redis.exists(f"{live}:player_stats:{player}"))

    async def board(player: str) -> bool:
        live = await redis.get("projection:leaderboards")
        key = f"{live}:leaderboard:{an_event()['game_id']}:alltime"
        return await redis.zscore(key, player) is not None

    return {"events": row, "player_stats": statistics, "leaderboard": board}


async def probe(
    client: httpx.AsyncClient, player: str, asks: dict[str, Ask], waits: dict[str, list[float]]
) -> None:
    answer = await client.post(
        SINGLE, json=an_event() | {"player_id": player, "data": {"score": 1}}
    )
    answer.raise_for_status()
    answered = time.perf_counter()

    async def until_there(name: str, ask: Ask) -> None:
        async with asyncio.timeout(PATIENCE):
            while not await ask(player):  # noqa: ASYNC110  a store tells nobody
                await asyncio.sleep(ASK_EVERY)
        waits[name].append(time.perf_counter() - answered)

    async with asyncio.TaskGroup() as group:
        for name, ask in asks.items():
            group.create_task(until_there(name, ask))


if __name__ == "__main__":
    main()
