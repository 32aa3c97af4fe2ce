"""What friends need of the world, over HTTP."""

from application.friends.people import FriendsOfPeople
from infra.known_friends import KnownFriendsInPostgres
from interfaces.bootstrap.api import Foundation
from projections.friends import FRIENDS


async def build(base: Foundation) -> list[object]:
    """Build what an erasure does to friends."""
    known = KnownFriendsInPostgres(
        base.settings.kafka_bootstrap, base.postgres, base.queries(FRIENDS)
    )
    return [FriendsOfPeople(known)]
