"""What takes players' events in, lets them be repaired, and writes them to files, for the API."""

from infra.limits import RateLimits
from infra.player_events.people import PlayerEventsOfPeople
from infra.player_events.producer import EventProducer
from infra.postgres.pool import connections
from interfaces.bootstrap.api import Foundation
from interfaces.bootstrap.player_events.dead_letters import dead_letters, intake_of
from interfaces.http.player_events.ingest import Ingestion
from projections.player_events import DEAD_LETTERS, EVENT_ARCHIVE, LEADERBOARDS, PLAYER_STATISTICS
from projections.player_events.exported_events import EventExport

EXPORTS_AT_ONCE = 2
"""They have connections of their own, since each may take minutes; and as hours may lie between
them, it is made sure that PostgreSQL has not closed them meanwhile."""


FORGETTING = (EVENT_ARCHIVE.name, PLAYER_STATISTICS.name, LEADERBOARDS.name)
"""Read models that keep something of what an erasure forgets: data, and reasons of voids."""


async def build(base: Foundation) -> list[object]:
    """Connect to the topic of players' events; at the end, what is on its way has arrived."""
    settings = base.settings
    log = EventProducer(settings.kafka_bootstrap, base.seals)
    log.start()
    base.held.push_async_callback(log.stop)
    limits = RateLimits(
        base.redis,
        "player events",
        overall=settings.events_per_second,
        per_key=settings.events_per_second_each,
    )
    intake = intake_of(settings)
    exports = await connections(settings.postgres_dsn, EXPORTS_AT_ONCE, base.held)
    return [
        Ingestion(intake, log, limits, settings.events_keep_failed),
        dead_letters(settings, base.queries(DEAD_LETTERS), intake),
        EventExport(exports),
        PlayerEventsOfPeople(settings.kafka_bootstrap, base.postgres, FORGETTING),
    ]
