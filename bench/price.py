"""What an event of a player costs each program, in processor time, and what idling costs.

    GAMEHALL_EVENTS_PER_SECOND=10000000 GAMEHALL_EVENTS_PER_SECOND_EACH=10000000 make run
    .venv/bin/python -m bench.price    # in another terminal

At a fixed rate of single events, and of batches of a thousand, until every read model has taken
all; what the hall costs while nothing happens is measured first, and left out of the price.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import rich_click as click
import uvloop
from rich.console import Console
from rich.table import Table

from bench.consumers import Consumers
from bench.hall import Hall
from bench.ingest import PER_BATCH, batches, singles
from bench.load import at_rate
from bench.machine import machine, programs, worked_s
from interfaces.settings import Settings

IDLE = "idle, of a core"
REST_S = 2.0
"""Until what follows work (writing back, acknowledging) has passed."""


@dataclass
class Meter:
    """The processor time of each program of a hall from here on, in seconds."""

    settings: Settings

    def __post_init__(self) -> None:
        self._began = self._now()
        self._at = time.monotonic()

    def _now(self) -> Mapping[str, float]:
        return {name: worked_s(each) for name, each in programs(self.settings).items()}

    def read(self) -> tuple[dict[str, float], float]:
        """Processor time by program, and the time that has gone by."""
        now, seconds = self._now(), time.monotonic() - self._at
        return {name: now[name] - self._began.get(name, 0.0) for name in now}, seconds


def idle(settings: Settings, seconds: float) -> dict[str, float]:
    """Shares of a core that the programs take while nothing happens."""
    meter = Meter(settings)
    time.sleep(seconds)
    worked, took_s = meter.read()
    return {name: each / took_s for name, each in worked.items()}


def price(
    hall: Hall,
    consumers: Consumers,
    rate: int,
    seconds: float,
    resting: Mapping[str, float],
    *,
    batched: bool = False,
) -> dict[str, float]:
    """Microseconds of each program for an event."""
    consumers.catch_up()
    time.sleep(REST_S)
    meter = Meter(hall.settings)
    requests = (batches if batched else singles)(hall.host, hall.token)
    each = PER_BATCH if batched else 1
    result = uvloop.run(at_rate(hall.host, hall.port, requests, rate / each, seconds))
    if result.statuses.keys() != {200}:
        raise click.ClickException(f"Not all events were taken: {result.statuses}.")
    consumers.catch_up()
    time.sleep(REST_S)
    worked, took_s = meter.read()
    events = len(result.latencies) * each
    return {n: 1e6 * (w - took_s * resting.get(n, 0.0)) / events for n, w in worked.items()}


@click.command()
@click.option("--single", multiple=True, type=int, default=(500, 2_000), show_default=True)
@click.option("--batched", multiple=True, type=int, default=(20_000,), show_default=True)
@click.option("--seconds", default=15.0, show_default=True)
@click.option("--warm-up", default=10.0, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def main(
    single: tuple[int, ...],
    batched: tuple[int, ...],
    seconds: float,
    warm_up: float,
    *,
    as_json: bool,
) -> None:
    """Measure what an event costs each program, at rates of events a second."""
    hall = Hall()
    with Consumers(hall.settings) as consumers:
        warm = singles(hall.host, hall.token)
        uvloop.run(at_rate(hall.host, hall.port, warm, 1_000, warm_up))
        consumers.catch_up()
        time.sleep(REST_S)
        resting = idle(hall.settings, seconds)
        found = {IDLE: resting}
        for rate in single:
            found[f"single, {rate:,} a second"] = price(hall, consumers, rate, seconds, resting)
        for rate in batched:
            priced = price(hall, consumers, rate, seconds, resting, batched=True)
            found[f"batches, {rate:,} a second"] = priced
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        show(found)


def show(found: Mapping[str, Mapping[str, float]]) -> None:
    table = Table(title="microseconds of processor time for an event")
    table.add_column("program")
    for what in found:
        table.add_column(what, justify="right")
    for name in found[IDLE]:
        row = (
            f"{each.get(name, 0):.1%}" if w == IDLE else f"{each.get(name, 0):.0f}"
            for w, each in found.items()
        )
        table.add_row(name, *row)
    sums = (
        f"{sum(e.values()):.1%}" if w == IDLE else f"{sum(e.values()):.0f}"
        for w, e in found.items()
    )
    table.add_row("together", *sums)
    console = Console()
    console.print(machine())
    console.print(table)


if __name__ == "__main__":
    main()
