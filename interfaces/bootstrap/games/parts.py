"""What games need of the world, over HTTP."""

from application.games.offers import Offers
from infra.once import OffersInRedis
from interfaces.bootstrap.api import Foundation
from interfaces.http.games.judging import Judge
from interfaces.http.games.lobby_feed import LobbyFeed


async def build(base: Foundation) -> list[object]:
    """Build what the sockets of a process share, who judges, and what keeps offers."""
    return [LobbyFeed(), Judge(), Offers(OffersInRedis(base.redis))]
