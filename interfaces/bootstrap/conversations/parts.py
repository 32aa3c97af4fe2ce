"""What conversations need of the world, over HTTP."""

from application.conversations.others import Others
from application.conversations.people import ConversationsOfPeople
from infra.known_conversations import KnownConversationsInPostgres
from infra.relationships import RelationshipsOfFriends
from interfaces.bootstrap.api import Foundation
from interfaces.http.conversations.live import ConversationLimits
from projections.conversations import CONVERSATIONS
from projections.friends import FRIENDS


async def build(base: Foundation) -> list[object]:
    """Build what asks who may talk to whom, and what an erasure does to conversations."""
    known = KnownConversationsInPostgres(
        base.settings.kafka_bootstrap, base.postgres, base.queries(CONVERSATIONS)
    )
    others = Others(RelationshipsOfFriends(base.queries(FRIENDS)))
    return [others, ConversationLimits(), ConversationsOfPeople(known)]
