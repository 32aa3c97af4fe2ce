"""Joins and status reads in rooms that look for absentees, beside rooms that do not.

    make run                            # in one terminal
    .venv/bin/python -m bench.presence  # in another

In pairs, and in turns: a crowd joins a fresh room over 64 connections, and then as many ask where
sessions of it stand. What decides is the interval of the paired ratio, as in `bench.pairs`.
"""

from collections.abc import Iterator
from math import exp, log
from statistics import mean, median
from typing import NamedTuple

import rich_click as click
import uvloop

from bench.hall import Hall
from bench.load import closed
from bench.machine import machine
from bench.pairs import interval

CONNECTIONS = 64
ABSENT_S = 60


class Run(NamedTuple):
    """Answers a second."""

    joins: float
    reads: float


def run(hall: Hall, seconds: float, *, attended: bool) -> Run:
    """One crowd in a room of its own."""
    room = hall.open_room()
    if attended:
        hall.post(f"/api/v1/waitroom/{room}/presence", {"absent_seconds": ABSENT_S})
    requests = hall.joins(room)
    joins = uvloop.run(closed(hall.host, hall.port, requests, CONNECTIONS, seconds))
    requests = reads(hall, room)
    read = uvloop.run(closed(hall.host, hall.port, requests, CONNECTIONS, seconds))
    assert set(joins.statuses) == {201}, joins.statuses
    assert set(read.statuses) == {200}, read.statuses
    return Run(joins.rate, read.rate)


def reads(hall: Hall, room: str) -> Iterator[bytes]:
    """Requests for where one session after the other stands, as they go over the wire."""
    sessions = hall.get(f"/api/v1/waitroom/{room}/sessions?limit=1000")["sessions"]
    return hall.looks([each["session_id"] for each in sessions])


@click.command()
@click.option("--pairs", default=10, show_default=True, help="Runs of each kind.")
@click.option("--seconds", default=5.0, show_default=True, help="How long each part takes.")
def main(pairs: int, seconds: float) -> None:
    """Compare rooms that look for absentees with rooms that do not."""
    click.echo(machine())
    hall, found = Hall(), list[tuple[Run, Run]]()
    run(hall, seconds, attended=True)
    for number in range(pairs):
        order = (False, True) if number % 2 else (True, False)
        runs = {attended: run(hall, seconds, attended=attended) for attended in order}
        found.append((runs[False], runs[True]))
        print(number + 1, *(f"{value:,.0f}" for each in found[-1] for value in each), flush=True)
    for name in Run._fields:
        ratios = [getattr(on, name) / getattr(off, name) for off, on in found]
        low, high = interval(ratios)
        told = [f"{median(getattr(pair[side], name) for pair in found):,.0f}" for side in (0, 1)]
        print(f"{name} a second: {told[0]} without, {told[1]} with (medians of {pairs})")
        print(f"  with / without: {exp(mean(map(log, ratios))):.3f}, 95 % {low:.3f} to {high:.3f}")
    shares = [on.reads / on.joins for _, on in found]
    print(f"reads for a join, with: {min(shares):.1f} at least, {median(shares):.1f} as a rule")


if __name__ == "__main__":
    main()
