"""Who may talk to whom, as a conversation is told of it."""

from collections.abc import Sequence
from typing import Any
from unittest.mock import patch

import pytest

from application.conversations import others
from application.conversations.others import Others
from application.ports.commands import Answer
from application.ports.people import Execute
from application.ports.relationships import Between
from domain.aggregate import Command
from domain.conversations.commands import LookAtConversation, OpenConversation
from domain.conversations.conversation import Conversation
from domain.conversations.names import id_of_two
from domain.conversations.refusals import ConversationNotFound, NotAFriend
from domain.events import Position
from tests.conversations.given import ADA, BOB, CYD, GROUP
from tests.given import T0


class Known:
    """Implements `ports.relationships.Relationships`."""

    def __init__(self, *blockers: str, friends: Sequence[str] = ()) -> None:
        self.blockers, self.friends = blockers, friends

    async def between(self, one: str, other: str, _execute: Execute) -> Between:
        assert one != other
        blockers = [each for each in (one, other) if each in self.blockers]
        return Between(one in self.friends or other in self.friends, blockers)

    async def blocked_by(self, _user_id: str, _position: Position | None) -> Sequence[str]:
        return [BOB]


class Hall:
    """Has Ada talk to two people, and counts who looks."""

    def __init__(self) -> None:
        self.looks = 0
        opened = [OpenConversation(user_id=ADA, other_id=other) for other in (BOB, CYD)]
        self._conversations = {
            each.aggregate_id: Conversation(each.aggregate_id) for each in opened
        }
        for each in opened:
            self.decide(each)

    def decide(self, command: Command) -> Any:
        return self._conversations[command.aggregate_id].decide(command, T0)

    async def execute(self, command: Command) -> Answer:
        assert isinstance(command, LookAtConversation)
        self.looks += 1
        return Answer(Position("social-log", 0, 1), self.decide(command))


@pytest.mark.parametrize(
    ("blockers", "reception"),
    [((), "told"), ((BOB,), "withheld"), ((ADA,), "refused"), ((ADA, BOB), "refused")],
)
async def test_what_becomes_of_a_message_between_two(
    blockers: Sequence[str], reception: str
) -> None:
    asking = Others(Known(*blockers))
    assert await asking.reception(ADA, id_of_two(ADA, BOB), Hall().execute) == reception


async def test_in_a_group_whatever_is_said_is_told() -> None:
    assert await Others(Known(ADA, BOB)).reception(ADA, GROUP, Hall().execute) == "told"


async def test_who_are_in_a_conversation_is_asked_once_as_long_as_there_is_room() -> None:
    hall, asking = Hall(), Others(Known())
    with patch.object(others, "MOST_PAIRS", 1):
        for other in (BOB, BOB, CYD, CYD, BOB):
            await asking.reception(ADA, id_of_two(ADA, other), hall.execute)
    assert hall.looks == 3


async def test_nobody_hears_of_what_they_are_not_in() -> None:
    with pytest.raises(ConversationNotFound):
        await Others(Known()).reception(CYD, id_of_two(ADA, BOB), Hall().execute)


async def test_all_have_to_be_friends() -> None:
    asking = Others(Known(friends=[BOB]))
    await asking.require_friends(ADA, [BOB], Hall().execute)
    with pytest.raises(NotAFriend, match="'cyd'"):
        await asking.require_friends(ADA, [BOB, CYD], Hall().execute)
