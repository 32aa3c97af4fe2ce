"""The whole: the highest rate of players' events at which every read model keeps up.

    GAMEHALL_EVENTS_PER_SECOND=10000000 GAMEHALL_EVENTS_PER_SECOND_EACH=10000000 make run
    .venv/bin/python -m bench.whole              # in another terminal
    .venv/bin/python -m bench.whole --batched

API, broker, databases, workers and the load generator share the machine. A rate holds when it was
answered to a hundredth, nothing was refused, and no read model was ever a second's events behind.
What is tried for ten seconds at a time is then held for two minutes, or a little less of it.
"""

import rich_click as click
import uvloop

from bench.consumers import Consumers
from bench.hall import Hall
from bench.ingest import PER_BATCH, batches, singles
from bench.load import at_rate
from bench.machine import machine

BEHIND_S = 1.0
LEAST_SHARE = 0.99
PROBE_S = 10.0
HALVINGS = 4
LESS = 0.93


class Whole:
    """A hall, and whether it holds a rate."""

    def __init__(self, consumers: Consumers, *, batched: bool) -> None:
        self._hall = Hall()
        self._consumers = consumers
        make = batches if batched else singles
        self._requests = make(self._hall.host, self._hall.token)
        self._each = PER_BATCH if batched else 1

    def holds(self, rate: float, seconds: float) -> bool:
        """Whether every read model keeps up with so many events a second for so long."""
        self._consumers.catch_up()
        with self._consumers.watched() as most:
            place = self._hall.host, self._hall.port
            result = uvloop.run(at_rate(*place, self._requests, rate / self._each, seconds))
        slowest = max(most, key=lambda name: most[name])
        share = result.rate * self._each / rate
        held = share >= LEAST_SHARE and most[slowest] < BEHIND_S * rate
        click.echo(
            f"{rate:9,.0f} a second for {seconds:.0f} s: {share:.1%} answered, p99 "
            f"{result.percentile(99):.0f} ms, {slowest} {most[slowest] / rate:.2f} s behind"
            f"{'' if held else ', which does not hold'}"
        )
        return held

    def highest(self, begin: float, seconds: float) -> float:
        """Search from a rate on; what is found was held for `seconds`."""
        low, high = 0.0, begin
        while self.holds(high, PROBE_S):
            low, high = high, 2 * high
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.holds(middle, PROBE_S) else (low, middle)
        rate = low or high
        while not self.holds(rate, seconds):
            rate *= LESS
        return rate


@click.command()
@click.option("--batched", is_flag=True, help="A thousand events in a request.")
@click.option("--begin", type=float, help="The first rate that is tried.")
@click.option("--seconds", default=120.0, show_default=True, help="For which the rate is held.")
def main(begin: float | None, seconds: float, *, batched: bool) -> None:
    """Find the highest rate of events at which no read model is ever a second behind."""
    click.echo(machine())
    with Consumers(Hall().settings) as consumers:
        whole = Whole(consumers, batched=batched)
        rate = whole.highest(begin or (20_000 if batched else 1_000), seconds)
    click.echo(f"{rate:,.0f} events a second, {'batched' if batched else 'one by one'}")


if __name__ == "__main__":
    main()
