"""How soon an answered event shows: in PostgreSQL, in a player's statistics, on a leaderboard.

    GAMEHALL_EVENTS_PER_SECOND=0 make run    # in one terminal
    .venv/bin/python -m bench.freshness      # in another

While others report at a fixed rate, a probe reports an event of a player of its own every few
milliseconds. Each store is asked every 5 ms for all probes that are on their way, in one question:
to ask for each of them took both cores when it was tried. So what is found is up to 5 ms too late.
"""

import asyncio
import time
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from statistics import median
from typing import Any

import msgspec
import psycopg
import rich_click as click
import uvloop
from redis.asyncio import Redis
from rich.console import Console
from rich.table import Table

from bench.hall import Hall
from bench.ingest import SINGLE, an_event, singles
from bench.load import Connection, Result, at_rate, connect, post
from bench.machine import machine

ASK_EVERY = 0.005
PATIENCE_S = 10.0
MOST = 100
"""Probes that may wait for their answers at a time, each on a connection of its own. They take
turns, since the service closes those on which nothing is asked."""

Ask = Callable[[list[str]], Awaitable[set[str]]]
"""Which of some players show."""


@click.command()
@click.option("--rate", default=2_000, show_default=True, help="Events a second of the others.")
@click.option("--seconds", default=20.0, show_default=True)
@click.option("--every", default=25, show_default=True, help="Milliseconds between probes.")
@click.option("--warm-up", default=15.0, show_default=True)
def main(rate: int, seconds: float, every: int, warm_up: float) -> None:
    """Measure the time from an event's answer until it shows."""
    hall = Hall()
    uvloop.run(at_rate(hall.host, hall.port, singles(hall.host, hall.token), rate, warm_up))
    try:
        waits, load = uvloop.run(measure(hall, rate, seconds, every / 1_000))
    except* click.ClickException as failed:
        raise failed.exceptions[0] from None
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
    console.print(f"{machine()}, everything on this machine")


async def measure(hall: Hall, rate: int, seconds: float, every: float):  # type: ignore[no-untyped-def]
    requests = singles(hall.host, hall.token)
    async with (
        await psycopg.AsyncConnection.connect(
            hall.settings.postgres_dsn, autocommit=True
        ) as postgres,
        Redis.from_url(hall.settings.redis_url, decode_responses=True) as redis,
    ):
        probes = {name: Probes(ask) for name, ask in askers(postgres, redis).items()}
        others = asyncio.create_task(at_rate(hall.host, hall.port, requests, rate, seconds))
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(send(hall, list(probes.values()), every, others))
            for each in probes.values():
                group.create_task(each.look(sending))
        return {name: each.waits for name, each in probes.items()}, await others


async def send(
    hall: Hall, probes: list["Probes"], every: float, others: "asyncio.Task[Result]"
) -> None:
    """Report an event of a new player again and again, as long as others report theirs."""
    players: dict[Connection, str] = {}
    idle: deque[Connection] = deque()

    def answered(connection: Connection, status: int) -> None:
        if status != HTTPStatus.OK:
            raise click.ClickException(f"A probe was answered {status}.")
        for each in probes:
            each.answered[players[connection]] = time.perf_counter()
        idle.append(connection)

    pool = await connect(hall.host, hall.port, MOST, answered)
    idle.extend(pool)
    while not others.done():
        connection = idle.popleft()
        players[connection] = f"probe-{uuid.uuid4()}"
        event = an_event() | {"player_id": players[connection], "data": {"score": 1}}
        connection.send(post(hall.host, SINGLE, hall.token, msgspec.json.encode(event)), 0)
        await asyncio.sleep(every)
    async with asyncio.timeout(PATIENCE_S):
        while len(idle) < MOST:  # noqa: ASYNC110  until the last is answered
            await asyncio.sleep(ASK_EVERY)
    for connection in pool:
        connection.close()


class Probes:
    """Players whose event was answered and does not show yet in one store."""

    def __init__(self, ask: Ask) -> None:
        self.answered: dict[str, float] = {}
        self.waits: list[float] = []
        self._ask = ask

    async def look(self, sending: "asyncio.Task[None]") -> None:
        """Ask for all of them, until there are no more."""
        while self.answered or not sending.done():
            if self.answered:
                found = await self._ask(list(self.answered))
                now = time.perf_counter()
                self.waits += [now - self.answered.pop(player) for player in found]
                if self.answered and now - min(self.answered.values()) > PATIENCE_S:
                    raise click.ClickException(
                        f"A probe does not show within {PATIENCE_S:.0f} s; the consumers may still "
                        "read what came before (gamehall projections lag)."
                    )
            await asyncio.sleep(ASK_EVERY)


def askers(postgres: "psycopg.AsyncConnection[Any]", redis: "Redis") -> dict[str, Ask]:
    async def row(players: list[str]) -> set[str]:
        query = "SELECT player_id FROM events WHERE player_id = ANY(%s)"
        return {row[0] for row in await (await postgres.execute(query, [players])).fetchall()}

    async def statistics(players: list[str]) -> set[str]:
        live = await redis.get("projection:player-statistics")
        async with redis.pipeline(transaction=False) as pipeline:
            for player in players:
                pipeline.exists(f"{live}:player_stats:{player}")
            return {p for p, there in zip(players, await pipeline.execute(), strict=True) if there}

    async def board(players: list[str]) -> set[str]:
        live = await redis.get("projection:leaderboards")
        key = f"{live}:leaderboard:{an_event()['game_id']}:alltime"
        scores = await redis.zmscore(key, players)
        return {p for p, score in zip(players, scores, strict=True) if score is not None}

    return {"events": row, "player_stats": statistics, "leaderboard": board}


if __name__ == "__main__":
    main()
