"""Read models of conversations."""

from domain.categories import SOCIAL
from projections.conversations.conversations import NAME, Conversations
from projections.conversations.queries import ConversationQueries
from projections.read_model import ReadModel, log

CONVERSATIONS = ReadModel(
    name=NAME,
    source=log(SOCIAL.topic),
    record=Conversations,
    queries=lambda stores: ConversationQueries(stores.postgres),
    divides=True,
)
