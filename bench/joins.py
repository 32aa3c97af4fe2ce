"""Joins over HTTP, on the machine that runs everything else too.

    make run                         # in one terminal
    .venv/bin/python -m bench.joins  # in another

Each run opens a fresh room. Closed loop: 64 connections, each joins as fast as it is answered.
Open loop: 500 joins a second whatever happens, latency counted from when each was due.
"""

import statistics

import rich_click as click
import uvloop
from rich.console import Console
from rich.table import Table

from bench.hall import Hall
from bench.load import Result, at_rate, closed
from bench.machine import machine

TARGET_RATE = 4_000
TARGET_P99 = 10.0


@click.command()
@click.option("--seconds", default=8.0, show_default=True, help="How long each run takes.")
@click.option("--runs", default=3, show_default=True, help="Runs of each kind, after a warm-up.")
@click.option("--warm-up", default=30.0, show_default=True, help="Seconds; Java compiles itself.")
def main(seconds: float, runs: int, warm_up: float) -> None:
    """Measure joins over HTTP beside the targets."""
    hall = Hall()
    uvloop.run(closed(hall.host, hall.port, hall.joins(hall.open_room()), 64, warm_up))
    peak, fixed = [], []
    for _ in range(runs):
        peak.append(
            uvloop.run(closed(hall.host, hall.port, hall.joins(hall.open_room()), 64, seconds))
        )
        fixed.append(
            uvloop.run(at_rate(hall.host, hall.port, hall.joins(hall.open_room()), 500, seconds))
        )
    show("64 connections, closed loop", peak)
    show("500 a second, open loop", fixed)
    rate = statistics.median(r.rate for r in peak)
    p99 = statistics.median(r.percentile(99) for r in fixed)
    console = Console()
    console.print(f"{machine()}, everything on this machine")
    console.print(
        f"answered joins a second at 64 connections: {rate:,.0f} (target {TARGET_RATE:,})"
    )
    console.print(f"p99 at 500 a second: {p99:.2f} ms (target {TARGET_P99} ms)")


def show(title: str, results: list[Result]) -> None:
    table = Table(title=title)
    for column in results[0].row():
        table.add_column(column, justify="right")
    for result in results:
        table.add_row(
            *(
                f"{value:,}" if isinstance(value, int) else str(value)
                for value in result.row().values()
            )
        )
    Console().print(table)


if __name__ == "__main__":
    main()
