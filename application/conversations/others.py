"""Who may talk to whom: what a conversation is told of those who are in it."""

import asyncio
from collections.abc import Sequence

from application.ports.people import Execute
from application.ports.relationships import Relationships
from domain.conversations.commands import LookAtConversation, Reception
from domain.conversations.names import kind_of
from domain.conversations.refusals import NotAFriend
from domain.conversations.view import ConversationView
from domain.events import Position

MOST_PAIRS = 10_000
"""Pairs whose conversation is known by its id; who is in one never changes."""


class Others:
    """Asks of those with whom somebody talks what they are to each other."""

    def __init__(self, relationships: Relationships) -> None:
        self._relationships = relationships
        self._pairs: dict[str, Sequence[str]] = {}

    async def reception(self, user_id: str, conversation_id: str, execute: Execute) -> Reception:
        """What becomes of what somebody says there, as both have it now.

        Raises `ConversationNotFound` and `Unavailable`.
        """
        if kind_of(conversation_id) != "two":
            return "told"
        one, other = await self._pair(user_id, conversation_id, execute)
        blockers = (await self._relationships.between(one, other, execute)).blockers
        if user_id in blockers:
            return "refused"
        return "withheld" if blockers else "told"

    async def _pair(self, user_id: str, conversation_id: str, execute: Execute) -> Sequence[str]:
        found = self._pairs.get(conversation_id)
        if found is None:
            look = LookAtConversation(user_id=user_id, conversation_id=conversation_id)
            found = (await execute(look)).told(ConversationView).members
            if len(self._pairs) >= MOST_PAIRS:
                self._pairs.clear()
            self._pairs[conversation_id] = found
        return found

    async def require_friends(self, user_id: str, people: Sequence[str], execute: Execute) -> None:
        """Refuse those who are no friends of somebody; raises `NotAFriend` and `Unavailable`."""
        ask = self._relationships.between
        found = await asyncio.gather(*(ask(user_id, each, execute) for each in people))
        for other, between in zip(people, found, strict=True):
            if not between.friends:
                raise NotAFriend(f"{other!r} is no friend of yours; ask them to be one first.")

    async def hidden_from(self, user_id: str, position: Position | None) -> Sequence[str]:
        """Those of whom somebody wants to see nothing; raises `Unavailable`."""
        return await self._relationships.blocked_by(user_id, position)
