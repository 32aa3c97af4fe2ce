"""What an erasure does to conversations: whoever is erased leaves, and what they said is gone."""

from collections.abc import Sequence
from typing import Protocol

from application.ports.people import Execute, Knowledge
from domain.conversations.commands import LeaveConversation
from domain.conversations.refusals import ConversationNotFound
from domain.refusals import Refusal


class KnownConversations(Protocol):
    """Knows who is in which groups."""

    async def groups_of(self, user_id: str) -> Sequence[str]:
        """All groups that somebody is in by now, by their ids.

        Raises `Unavailable`, also where that is not known yet.
        """


class ConversationsOfPeople(Knowledge):
    """Groups, which who is erased leaves; what they said is sealed, and goes with their key."""

    name = "conversations"
    forgets = "you leave your groups, and nobody can read any more what you said, or called groups"
    stays = "that you said something, when, and what you thought of messages, by ids and numbers"
    keeps = "conversations are the guest's: the account begins its own"

    def __init__(self, known: KnownConversations) -> None:
        self._known = known

    async def erase(self, user_id: str, by: str, execute: Execute) -> int:
        """See `Knowledge`; a group that was left meanwhile is left."""
        left = 0
        for group in await self._known.groups_of(user_id):
            leave = LeaveConversation(user_id=user_id, conversation_id=group)
            left += await _has_left(execute, leave)
        return left


async def _has_left(execute: Execute, leave: LeaveConversation) -> bool:
    try:
        await execute(leave)
    except Refusal as refusal:
        if refusal.type != ConversationNotFound.type:
            raise
        return False
    return True
