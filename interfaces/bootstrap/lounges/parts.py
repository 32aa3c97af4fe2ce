"""What lounges need of the world, over HTTP."""

from application.lounges.people import LoungesOfPeople
from infra.known_lounges import KnownLoungesInPostgres
from infra.walks import WalksInRedis
from interfaces.bootstrap.api import Foundation
from interfaces.http.lounges.walks import LoungeWalks
from projections.lounges import LOUNGES


async def build(base: Foundation) -> list[object]:
    """Build what an erasure does to lounges, and who walks in them."""
    known = KnownLoungesInPostgres(
        base.settings.kafka_bootstrap, base.postgres, base.queries(LOUNGES)
    )
    return [LoungesOfPeople(known), LoungeWalks(WalksInRedis(base.redis))]
