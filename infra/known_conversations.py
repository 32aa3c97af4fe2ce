"""What an erasure asks the read model of conversations for: which groups somebody is in."""

from collections.abc import Sequence

from infra.postgres.caught_up import away_or_missing, require_caught_up
from projections.conversations.queries import ConversationQueries
from projections.positions import Pool


class KnownConversationsInPostgres:
    """Implements `conversations.people.KnownConversations`."""

    def __init__(self, bootstrap: str, pool: Pool, conversations: ConversationQueries) -> None:
        self._bootstrap = bootstrap
        self._pool = pool
        self._conversations = conversations

    async def groups_of(self, user_id: str) -> Sequence[str]:
        """See the port."""
        await require_caught_up(self._bootstrap, self._pool, self._conversations.name)
        with away_or_missing("Conversations cannot be looked up"):
            return await self._conversations.groups_of(user_id)
