"""A room's whole life, and what is left of it: in the owner's memory, and in Redis.

    make run                             # in one terminal
    .venv/bin/python -m bench.room_life  # in another

A room is opened, crowds join, its terms change, it is paused and resumed, those who are admitted
buy, and it is closed and archived at once. Each life is that of another room, one after another.

Redis is asked for its keys and their bytes. The API process that decides is asked for its resident
memory, which Python does not give back at once: what grows from life to life is what counts, and
until a shard has answered 50,000 commands, the answers that it remembers are part of that.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import redis
import rich_click as click
import uvloop
from rich.console import Console
from rich.table import Table

from bench.hall import Hall
from bench.load import at_rate
from bench.machine import machine
from infra.redis_scan import keys_of

CAPACITY = 100
MEGABYTE = 2**20
JOIN_RATE = 1_000
PATIENCE_S = 120.0


class Left(NamedTuple):
    """What is kept somewhere: keys and bytes of Redis, and megabytes of the API's process."""

    keys: int
    redis_bytes: int
    resident: float


class Life(NamedTuple):
    """What a room took at its fullest, what was left of it, and seconds until it was gone."""

    full: Left
    left: Left
    seconds: float


def live(hall: Hall, joins: int) -> Life:
    """Let a room live."""
    room, start = hall.open_room(CAPACITY), time.perf_counter()
    address = f"/api/v1/waitroom/{room}"
    crowd = uvloop.run(
        at_rate(hall.host, hall.port, hall.joins(room), JOIN_RATE, joins / JOIN_RATE)
    )
    assert crowd.statuses == {201: joins}, crowd.statuses
    until(lambda: hall.get(address)["joined"] == joins)
    full = left(hall)
    hall.post(f"{address}/change", {"capacity": CAPACITY + 10})
    hall.post(f"{address}/pause", None)
    hall.post(f"{address}/resume", None)
    close = {"command": "waitroom.close", "event_id": room, "by": "bench"}
    command(hall, [close | {"waiting": "dismiss", "keep_seconds": 0}])
    buy(hall, room, f"{address}/sessions?status=ready&limit=1000")
    until(lambda: not keys_about(hall, room))
    return Life(full, left(hall), time.perf_counter() - start)


def buy(hall: Hall, room: str, those_ready: str) -> None:
    """Let everybody buy who may."""
    until(lambda: len(hall.get(those_ready)["sessions"]) == CAPACITY + 10)
    sessions = [each["session_id"] for each in hall.get(those_ready)["sessions"]]
    done = {"command": "waitroom.complete", "event_id": room}
    command(hall, [done | {"session_id": session} for session in sessions])


def command(hall: Hall, commands: Sequence[dict[str, Any]]) -> None:
    """Have commands decided, none of which is refused."""
    ids = [f"{each['command']}/{each.get('session_id', each['event_id'])}" for each in commands]
    body = [{"command_id": id, "command": each} for id, each in zip(ids, commands, strict=True)]
    refused = [each for each in hall.post("/api/v1/commands", body) if each.get("refusal")]
    assert not refused, refused


def keys_about(hall: Hall, room: str) -> list[str]:
    """The keys of a room in Redis."""
    with redis.Redis.from_url(hall.settings.redis_url, decode_responses=True) as client:
        generation = str(client.get("projection:waitroom"))
        return [
            key
            for keys in keys_of(client, generation)
            for key in keys
            if f":waitroom:{room}:" in key
        ]


def left(hall: Hall) -> Left:
    """What there is now."""
    with redis.Redis.from_url(hall.settings.redis_url, decode_responses=True) as client:
        used: Any = client.info("memory")
        keys: Any = client.dbsize()
    resident = hall.metric("process_resident_memory_bytes") / MEGABYTE
    return Left(keys, used["used_memory"], resident)


def until(true: Callable[[], bool]) -> None:
    """Wait for something that is on its way; raises `TimeoutError`."""
    deadline = time.monotonic() + PATIENCE_S
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.05)


@click.command()
@click.option("--joins", default=20_000, show_default=True, help="People in each room.")
@click.option("--lives", default=4, show_default=True, help="Rooms, one after another.")
def main(joins: int, lives: int) -> None:
    """Measure what is left of rooms that are over."""
    click.echo(machine())
    hall = Hall()
    table = Table(title=f"rooms of {joins:,} people, one after another")
    for column in ("room", "keys", "of Redis, KB", "of the API, MB", "seconds"):
        table.add_column(column, justify="right")
    for row in rows(hall, joins, lives):
        table.add_row(*row)
    Console().print(table)


def rows(hall: Hall, joins: int, lives: int) -> Iterator[tuple[str, ...]]:
    """A row for what there was before, and two for each life."""
    yield "none yet", *shown(left(hall)), ""
    for number in range(1, lives + 1):
        life = live(hall, joins)
        yield f"{number}, full", *shown(life.full), ""
        yield f"{number}, archived", *shown(life.left), f"{life.seconds:.1f}"


def shown(there: Left) -> tuple[str, ...]:
    return f"{there.keys:,}", f"{there.redis_bytes / 1_024:,.0f}", f"{there.resident:,.1f}"


if __name__ == "__main__":
    main()
