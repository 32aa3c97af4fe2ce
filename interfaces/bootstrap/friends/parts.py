"""What friends need of the world, over HTTP."""

from application.friends.people import FriendsOfPeople
from application.friends.presence import PresenceOfFriends
from infra.known_friends import KnownFriendsInPostgres
from infra.listening import WhoIsOnlineInRedis
from interfaces.bootstrap.api import Foundation
from projections.friends import FRIENDS


async def build(base: Foundation) -> list[object]:
    """Build what knows who is there, and what an erasure does to friends."""
    known = KnownFriendsInPostgres(
        base.settings.kafka_bootstrap, base.postgres, base.queries(FRIENDS)
    )
    online = WhoIsOnlineInRedis(base.redis)
    return [PresenceOfFriends(online), FriendsOfPeople(known, online)]
