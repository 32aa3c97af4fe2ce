"""What the log of one process looks like from outside, read when somebody asks for it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from application.log.gate import REASONS
from application.log.shard import Role, Shard


class LogMetrics(Collector):
    """Collects from the shards of a log; costs nothing until then."""

    def __init__(self, shards: Sequence[Shard]) -> None:
        self._shards = shards

    def collect(self) -> Iterable[Metric]:
        """Give every figure, by topic."""
        yield self._refused()
        yield self._roles()
        yield self._in_flight()
        yield self._aggregates()

    def _refused(self) -> Metric:
        family = CounterMetricFamily(
            "gamehall_log_refused",
            "Records that the gate ignored; counted afresh when a shard is read again.",
            labels=["topic", "reason"],
        )
        for topic, shards in self._by_topic():
            for reason in REASONS:
                family.add_metric([topic, reason], sum(s.gate.refused[reason] for s in shards))
        return family

    def _roles(self) -> Metric:
        family = GaugeMetricFamily(
            "gamehall_log_shards",
            "Shards by what this process is to them.",
            labels=["topic", "role"],
        )
        for topic, shards in self._by_topic():
            counted = Counter(shard.role for shard in shards)
            for role in Role:
                family.add_metric([topic, role.value], counted[role])
        return family

    def _in_flight(self) -> Metric:
        family = GaugeMetricFamily(
            "gamehall_log_in_flight", "Commits on their way through Kafka.", labels=["topic"]
        )
        for topic, shards in self._by_topic():
            family.add_metric([topic], sum(shard.in_flight for shard in shards))
        return family

    def _aggregates(self) -> Metric:
        family = GaugeMetricFamily(
            "gamehall_log_aggregates",
            "Aggregates in memory; what is over leaves it once a snapshot of it is kept.",
            labels=["topic"],
        )
        for topic, shards in self._by_topic():
            family.add_metric([topic], sum(len(shard.fold) for shard in shards))
        return family

    def _by_topic(self) -> Iterator[tuple[str, list[Shard]]]:
        for topic in sorted({shard.topic for shard in self._shards}):
            yield topic, [shard for shard in self._shards if shard.topic == topic]
