"""What games need of the world, over HTTP."""

from application.games.offers import Offers
from application.games.people import GamesOfPeople
from infra.merged_people import PlayedGamesInPostgres
from infra.once import OffersInRedis
from interfaces.bootstrap.api import Foundation
from interfaces.http.games.judging import Judge
from interfaces.http.games.lobby_feed import LobbyFeed
from projections.games import GAME_RECORDS


async def build(base: Foundation) -> list[object]:
    """Build what the sockets of a process share, who judges, what keeps offers, what is merged."""
    played = PlayedGamesInPostgres(
        base.settings.kafka_bootstrap, base.postgres, base.queries(GAME_RECORDS)
    )
    return [LobbyFeed(), Judge(), Offers(OffersInRedis(base.redis)), GamesOfPeople(played)]
