"""Read models of what players did."""

from typing import get_args

from domain.player_events.event import TOPIC
from domain.player_events.letters import TOPICS
from domain.player_events.scores import Period
from projections.people import KeySays
from projections.player_events import (
    activity_queries,
    dead_letters,
    event_archive,
    leaderboard_queries,
    leaderboards,
    leaderboards_cache,
    player_activity,
    player_statistics,
)
from projections.read_model import ReadModel, Source

WHOLE_TOPIC = Source("whole topic", (TOPIC,), letter_partitions=3)
"""Players' events as Kafka has them; where it has not all of them any more, nothing is built."""

ARCHIVED_FIRST = Source("archived first", (TOPIC,), letter_partitions=3)
"""The same, behind those that only the archive has."""

LETTERS = Source("letters", TOPICS, letter_partitions=None)
"""Dead letters of players' events, and what was decided about them."""

EVENT_ARCHIVE = ReadModel(
    name=event_archive.NAME,
    source=WHOLE_TOPIC,
    record=event_archive.EventArchive,
    queries=lambda stores: event_archive.EventQueries(stores.postgres),
    divides=True,
)
PLAYER_STATISTICS = ReadModel(
    name=player_statistics.NAME,
    source=ARCHIVED_FIRST,
    record=player_statistics.PlayerStatisticsRecord,
    cache=player_statistics.PlayerStatisticsCache,
    queries=lambda stores: player_statistics.PlayerStatisticsQueries(stores.redis),
    divides=True,
    says=(KeySays("player_stats:*", members="`total_events`, `last_event`, and types of events"),),
)
LEADERBOARDS = ReadModel(
    name=leaderboards.NAME,
    source=ARCHIVED_FIRST,
    record=leaderboards.Leaderboards,
    cache=leaderboards_cache.LeaderboardsCache,
    queries=lambda stores: leaderboard_queries.LeaderboardQueries(stores.redis, stores.postgres),
    says=(
        KeySays("leaderboard:*:starts", members="days"),
        *(KeySays(f"leaderboard:*:{each}", members="ids of players") for each in get_args(Period)),
        KeySays("boards", members="games"),
    ),
)
PLAYER_ACTIVITY = ReadModel(
    name=player_activity.NAME,
    source=ARCHIVED_FIRST,
    record=player_activity.PlayerActivity,
    queries=lambda stores: activity_queries.ActivityQueries(stores.postgres),
)
DEAD_LETTERS = ReadModel(
    name=dead_letters.NAME,
    source=LETTERS,
    record=dead_letters.DeadLetters,
    queries=lambda stores: dead_letters.DeadLetterQueries(stores.postgres, stores.open),
)
