"""How effects go, as the read model has it: every process of the API tells the same."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from projections.effects.queries import EffectCount, EffectQueries, OpenCount
from projections.projection import ReadModelMissing

LOOK_INTERVAL_S = 10.0

logger = structlog.get_logger(__name__)


class EffectMetrics(Collector):
    """Looks now and then, and tells what it saw last."""

    def __init__(self, queries: EffectQueries) -> None:
        self._queries = queries
        self._counts: Sequence[EffectCount] = ()
        self._open: Sequence[OpenCount] = ()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_INTERVAL_S)

    async def look(self) -> None:
        """Look once; where nobody answers, what was seen last stays."""
        try:
            self._counts, self._open = await self._queries.counts(), await self._queries.open()
        except ReadModelMissing:
            self._counts, self._open = (), ()
        except Exception:  # PostgreSQL is away, and metrics end nothing
            logger.warning("effects not counted", exc_info=True)

    def collect(self) -> Iterable[Metric]:
        """Give every figure, by rule and kind."""
        yield from (self._by_outcome(), *self._of_open())

    def _by_outcome(self) -> Metric:
        family = CounterMetricFamily(
            "gamehall_effects",
            "Effects by outcome: attempted, accepted, rejected, dropped, parked, retried; doubted"
            " are those that may have been lost, crowded those given up for want of room, repeated"
            " those that may have been done twice.",
            labels=["rule", "kind", "outcome"],
        )
        for each in self._counts:
            family.add_metric([each.rule, each.kind, each.outcome], each.count)
        return family

    def _of_open(self) -> Iterator[Metric]:
        open = GaugeMetricFamily(
            "gamehall_effects_open",
            "Effects of which nothing final is known, by how they stand.",
            labels=["rule", "kind", "status"],
        )
        oldest = GaugeMetricFamily(
            "gamehall_effects_oldest_open_seconds",
            "Since when the oldest of them is open.",
            labels=["rule", "kind", "status"],
        )
        now = datetime.now(UTC)
        for each in self._open:
            labels = [each.rule, each.kind, each.status]
            open.add_metric(labels, each.count)
            oldest.add_metric(labels, (now - each.oldest).total_seconds())
        yield from (open, oldest)
