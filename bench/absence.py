"""Redis forgets everything while thousands wait in a room that drops whom nobody sees.

    make run                           # in one terminal
    .venv/bin/python -m bench.absence  # in another

All of them ask again and again where they stand; Redis is emptied, twice. Then half of them stop
asking: those alone may be told that they are missed, and lose their places. The room's own counts,
and the status of each session, are what is looked at.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import httpx
import redis
import rich_click as click
import uvloop

from bench.hall import Hall
from bench.load import at_rate
from bench.machine import machine
from bench.room_life import until
from bench.streams import fill

ASKED_IN_A_PERIOD = 3
"""How often each asks while absence would be noticed."""

PERIODS_BETWEEN = 2.5
"""Of absence, after Redis was emptied: whoever was missed by mistake would have been told by then,
and would have lost the place."""


async def wait_and_look(hall: Hall, sessions: Sequence[str], absent_s: float) -> Counter[int]:
    """Let these ask for as long as it takes to lose a place; the statuses of the answers."""
    rate = ASKED_IN_A_PERIOD * len(sessions) / absent_s
    seconds = PERIODS_BETWEEN * absent_s
    told = await at_rate(hall.host, hall.port, hall.looks(sessions), rate, seconds)
    return Counter(told.statuses)


async def forget(hall: Hall, sessions: Sequence[str], absent_s: float) -> Counter[int]:
    """Empty Redis while all ask, and let them go on."""
    asking = asyncio.create_task(wait_and_look(hall, sessions, absent_s))
    await asyncio.sleep(absent_s / 2)
    with redis.Redis.from_url(hall.settings.redis_url) as client:
        client.flushall()
    return await asking


def counts(hall: Hall, room: str) -> dict[str, Any]:
    """What the room says of itself, once its read model is there again."""
    told: list[dict[str, Any]] = []

    def answers() -> bool:
        with suppress(httpx.HTTPStatusError):
            told.append(hall.get(f"/api/v1/waitroom/{room}"))
        return bool(told)

    until(answers)
    return {name: told[0][name] for name in ("joined", "waiting", "dropped")}


def statuses(hall: Hall, sessions: Sequence[str]) -> Counter[str]:
    """How many of these are where."""
    return Counter(hall.get(f"/api/v1/waitroom/sessions/{each}")["status"] for each in sessions)


@click.command()
@click.option("--people", default=10_000, show_default=True)
@click.option("--absent-seconds", "absent_s", default=20.0, show_default=True)
def main(people: int, absent_s: float) -> None:
    """See that nobody loses a place because Redis has lost everything."""
    click.echo(machine())
    hall = Hall()
    room = hall.open_room(capacity=1)
    sessions = [session for _, session in uvloop.run(fill(hall, room, "waits", people + 1))][1:]
    hall.post(f"/api/v1/waitroom/{room}/presence", {"absent_seconds": absent_s})
    click.echo(f"{people:,} wait, and would lose their places after {absent_s:g} s of absence")
    for number in (1, 2):
        answers = uvloop.run(forget(hall, sessions, absent_s))
        click.echo(f"emptied {number}: answers {dict(answers)}; {counts(hall, room)}")
    there, gone = sessions[::2], sessions[1::2]
    start = time.monotonic()
    while counts(hall, room)["dropped"] < len(gone) and time.monotonic() - start < 10 * absent_s:
        uvloop.run(wait_and_look(hall, there, absent_s))
    click.echo(f"half of them were away: {counts(hall, room)}")
    click.echo(f"those who asked: {dict(statuses(hall, there))}")
    click.echo(f"those who did not: {dict(statuses(hall, gone))}")


if __name__ == "__main__":
    main()
