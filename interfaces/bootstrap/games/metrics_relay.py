"""The relay of `game-metrics`; it loads nothing of HTTP."""

from contextlib import closing

from infra.game_metrics import NAME, GameMetricsRelay, MetricsTopic
from infra.postgres.database import Database
from infra.relay import RelayLock
from interfaces.bootstrap.worker import Context, Work
from projections.games.game_metrics import changed_windows


def metrics_relay(context: Context) -> Work:
    """Build the worker."""
    settings, held = context.settings, context.held
    database = held.enter_context(closing(Database(settings.postgres_dsn)))
    lock = held.enter_context(closing(RelayLock(database, NAME)))
    told = held.enter_context(closing(MetricsTopic(settings.kafka_bootstrap)))
    return GameMetricsRelay(
        lambda since: changed_windows(database.connection, since), told, lock
    ).run
