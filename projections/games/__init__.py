"""Read models of games."""

from domain.categories import GAMES
from projections.games import game_metrics, game_records, standings
from projections.people import KeySays
from projections.read_model import ReadModel, log

GAME_RECORDS = ReadModel(
    name=game_records.NAME,
    source=log(GAMES.topic),
    record=game_records.GameRecords,
    queries=lambda stores: game_records.GameQueries(stores.postgres),
)
GAME_METRICS = ReadModel(
    name=game_metrics.NAME,
    source=log(GAMES.topic),
    record=game_metrics.GameMetricsRecord,
    queries=lambda stores: game_metrics.GameMetricsQueries(stores.postgres),
)
STANDINGS = ReadModel(
    name=standings.NAME,
    source=log(GAMES.topic),
    record=standings.StandingsRecord,
    cache=standings.StandingsCache,
    queries=lambda stores: standings.StandingsQueries(stores.redis),
    says=(
        KeySays("leaderboard:*:alltime", members="ids of players"),
        KeySays("leaderboard:*:entries", members="ids of players, each with a row"),
    ),
)
