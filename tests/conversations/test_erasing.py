"""What an erasure does to conversations, whatever happens to them at the same time."""

from collections.abc import Sequence

import msgspec
import pytest

from application.conversations.people import ConversationsOfPeople
from application.ports.commands import Answer
from domain.aggregate import Command
from domain.conversations.commands import LeaveConversation
from domain.conversations.refusals import ConversationNotFound, NotAGroup
from domain.events import Position
from domain.refusals import Refusal
from tests.conversations.given import ADA, GROUP

OTHER_GROUP = "f" * 32


class Known:
    """Implements `conversations.people.KnownConversations`."""

    async def groups_of(self, _user_id: str) -> Sequence[str]:
        return [GROUP, OTHER_GROUP]


async def left_by(refused: dict[str, Refusal]) -> int:
    """How many groups somebody leaves who is erased."""

    async def execute(command: Command) -> Answer:
        assert isinstance(command, LeaveConversation)
        assert command.user_id == ADA
        if command.conversation_id in refused:
            raise refused[command.conversation_id]
        return Answer(Position("social-log", 0, 1), msgspec.Raw(b"{}"))

    return await ConversationsOfPeople(Known()).erase(ADA, "olga", execute)


async def test_who_is_erased_leaves_every_group() -> None:
    assert await left_by({}) == 2


async def test_what_was_left_at_the_same_time_is_left() -> None:
    assert await left_by({GROUP: ConversationNotFound("You are in no conversation.")}) == 1


async def test_what_cannot_be_left_is_not_passed_over() -> None:
    with pytest.raises(NotAGroup):
        await left_by({GROUP: NotAGroup("Nobody leaves it.")})
