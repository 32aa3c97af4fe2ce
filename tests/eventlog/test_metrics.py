"""What an operator sees of the log."""

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest

from infra.eventlog.metrics import LogMetrics
from tests.eventlog.counter import Count
from tests.eventlog.shard.bench import Bench


def exposed(bench: Bench) -> str:
    registry = CollectorRegistry()
    registry.register(LogMetrics([bench.shard]))
    return generate_latest(registry).decode()


def test_ignored_records_are_shown_with_the_reason() -> None:
    bench = Bench()
    bench.append(b"garbage")
    text = exposed(bench)
    assert 'gamehall_log_refused_total{reason="malformed",topic="counter-log"} 1.0' in text
    assert 'gamehall_log_refused_total{reason="gap",topic="counter-log"} 0.0' in text


def test_roles_and_what_is_in_flight_are_shown() -> None:
    bench = Bench()
    assert 'gamehall_log_shards{role="follower",topic="counter-log"} 1.0' in exposed(bench)
    bench.owned().ask(Count())
    text = exposed(bench)
    assert 'gamehall_log_shards{role="owner",topic="counter-log"} 1.0' in text
    assert 'gamehall_log_in_flight{topic="counter-log"} 1.0' in text
    assert 'gamehall_log_aggregates{topic="counter-log"} 1.0' in text
